import { afterAll, beforeAll, describe } from "@jest/globals";
import type { Archive, UserArchive } from "../../../src/ports/archive.ts";
import { scopeOf } from "../support/scopes.ts";
import { acceptingSuite } from "./accepting.suite.ts";
import { adoptingSuite } from "./adopting.suite.ts";
import { conversationsSuite } from "./conversations.suite.ts";
import { endingSuite } from "./ending.suite.ts";
import { isolationSuite } from "./isolation.suite.ts";
import { randomHistoriesSuite } from "./random-histories.suite.ts";
import { readingSuite } from "./reading.suite.ts";
import { rewritingSuite } from "./rewriting.suite.ts";

/** An archive that all tests of a suite share, and users of it that nobody had before. */
export interface ArchiveUnderTest {
  /** Runs of a randomised test. */
  readonly runs: { readonly scopes: number; readonly histories: number };
  archive(): Archive;
  newUser(): UserArchive;
}

/**
 * What every archive must do.
 *
 * @param open opens an empty archive, which the suite closes
 * @param runs of each randomised test; fewer for an archive that is slow
 */
export function archiveSuite(
  open: () => Promise<Archive>,
  runs: ArchiveUnderTest["runs"] = { scopes: 25, histories: 150 },
): void {
  describe("an archive", () => {
    let archive: Archive | undefined;
    let users = 0;
    beforeAll(async () => {
      archive = await open();
    });
    afterAll(async () => {
      await archive?.close();
    });
    const opened = (): Archive => {
      if (archive === undefined) throw new Error("the archive is not open");
      return archive;
    };
    const underTest: ArchiveUnderTest = {
      runs,
      archive: opened,
      newUser: () => opened().forUser(scopeOf("tenant", `user ${++users}`)),
    };
    acceptingSuite(underTest);
    endingSuite(underTest);
    rewritingSuite(underTest);
    readingSuite(underTest);
    conversationsSuite(underTest);
    adoptingSuite(underTest);
    isolationSuite(underTest);
    randomHistoriesSuite(underTest);
  });
}
