import { afterAll, beforeAll, describe } from "@jest/globals";
import { scopeOf } from "../support/scopes.ts";
import { erasingSuite } from "./erasing.suite.ts";
import { expiringSuite } from "./expiring.suite.ts";
import { keepingSuite } from "./keeping.suite.ts";
import type { OpenRecords, RecordsUnderTest } from "./people.ts";
import { racingSuite } from "./racing.suite.ts";

/**
 * What every archive must do with what it keeps of people.
 *
 * @param open opens an empty archive, which the suite closes
 * @param runs of the randomised test
 */
export function recordsSuite(open: () => Promise<OpenRecords>, runs = 30): void {
  describe("records of people", () => {
    let made: OpenRecords | undefined;
    let people = 0;
    beforeAll(async () => {
      made = await open();
    });
    afterAll(async () => {
      await made?.archive.close();
    });
    const opened = (): OpenRecords => {
      if (made === undefined) throw new Error("the archive is not open");
      return made;
    };
    const underTest: RecordsUnderTest = {
      runs,
      opened,
      newPerson(tenant = "tenant") {
        const scope = scopeOf(tenant, `person #${++people}`);
        const { archive, records } = opened();
        return { scope, archive: archive.forUser(scope), records: records.forUser(scope) };
      },
    };
    keepingSuite(underTest);
    erasingSuite(underTest);
    expiringSuite(underTest);
    racingSuite(underTest);
  });
}
