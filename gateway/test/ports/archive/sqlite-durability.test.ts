import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import type { Archive } from "../../../src/ports/archive.ts";
import { type ArchiveChild, archiveChild } from "../support/archive-child.ts";
import { scopeOf } from "../support/scopes.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";
import { end, idsIn, turn } from "./turns.ts";

const scope = scopeOf("tenant", "user");

describe("an SQLite file", () => {
  let folder: TemporaryFolder;
  let file: string;
  const children: ArchiveChild[] = [];
  const archives: Archive[] = [];
  const child = async (): Promise<ArchiveChild> => {
    const started = await archiveChild(file);
    children.push(started);
    return started;
  };
  const open = async (): Promise<Archive> => {
    const archive = createSqliteArchive(await openSqlite(file));
    archives.push(archive);
    return archive;
  };
  beforeEach(async () => {
    folder = await temporaryFolder();
    file = folder.file("folder that is missing/parlance.sqlite");
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((process) => process.kill()));
    await Promise.all(archives.splice(0).map((archive) => archive.close()));
    await folder.remove();
  });

  test("keeps what was resolved, when the process is killed right after", async () => {
    const [one, two] = [turn("one"), turn("two", { conversation: "kept" })];
    const process = await child();
    const ending = end(one.reply, { conversation: "kept" });
    await process.write({ ...scope, requests: [{ ...one, newConversation: "kept" }, two], ends: [ending] });
    await process.kill();

    const archive = await open();
    expect(await idsIn(archive.forUser(scope), "kept")).toEqual([
      one.message,
      one.reply,
      two.message,
      two.reply,
    ]);
    expect(await archive.forUser(scope).reply(one.reply)).toMatchObject({ state: "ended", end: ending });
    expect((await archive.owed()).map(({ reply, tenant, user }) => ({ reply, tenant, user }))).toEqual([
      { reply: two.reply, ...scope },
    ]);
    expect(await archive.forUser(scope).accept(two)).toMatchObject({
      outcome: "duplicate",
      reply: two.reply,
    });
  });

  test("is shared by processes: ids are taken once, ends won once, nothing is lost", async () => {
    const shared = Array.from({ length: 60 }, (_, number) =>
      turn(`question ${number}`, { openLimit: 1_000 }),
    );
    const requests = shared.map((request) => ({ ...request, newConversation: "shared" }));
    const twins = requests.map((request) => ({
      ...request,
      message: `${request.message}-twin`,
      reply: `${request.reply}-twin`,
    }));
    const [one, two] = await Promise.all([child(), child()]);
    const [first, second] = await Promise.all([
      one.write({ ...scope, requests, ends: [] }),
      two.write({ ...scope, requests: twins, ends: [] }),
    ]);
    const outcomes = [...first.accepted, ...second.accepted].map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "accepted")).toHaveLength(60);
    expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(60);

    const archive = await open();
    const owed = await archive.forUser(scope).openReplies();
    expect(owed.map(({ position }) => position)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    const ends = owed.map(({ reply }) => end(reply));
    const [ones, twos] = await Promise.all([
      one.write({ ...scope, requests: [], ends }),
      two.write({ ...scope, requests: [], ends }),
    ]);
    expect([...ones.ended, ...twos.ended].filter(Boolean)).toHaveLength(60);
    expect(await archive.owed()).toEqual([]);
  });

  test("is made once by processes that start at the same moment, and reopened as it was", async () => {
    const started = await Promise.all([open(), open(), open(), open()]);
    const [first, ...others] = started.map((archive) => archive.forUser(scope));
    const request = turn("seen by all");
    await first?.accept(request);
    for (const other of others) expect(await other.replyTo(request.message)).toBe(request.reply);
    await Promise.all(started.map((archive) => archive.close()));
    expect(await (await open()).forUser(scope).replyTo(request.message)).toBe(request.reply);
  });
});
