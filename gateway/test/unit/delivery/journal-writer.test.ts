import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteReplyJournal } from "../../../src/adapters/sqlite/reply-journal.ts";
import { JournalWriter } from "../../../src/delivery/journal-writer.ts";
import { LiveReplies } from "../../../src/delivery/live-replies.ts";
import type { ReplyJournal } from "../../../src/ports/reply-journal.ts";
import { newReply } from "./reading.ts";

describe("a batch that is held up on its way", () => {
  let close: () => Promise<void>;
  let journal: ReplyJournal;
  let failures: unknown[];
  beforeEach(async () => {
    const database = await openSqlite(":memory:");
    close = () => database.close();
    journal = createSqliteReplyJournal(database);
    failures = [];
  });
  afterEach(async () => {
    await close();
    expect(failures).toEqual([]);
  });

  /** Writes a batch of one reply, whose text another instance has gone on with before the batch arrives. */
  async function writeLate(meanwhile: (reply: ReturnType<typeof newReply>) => Promise<void>): Promise<void> {
    const replies = new LiveReplies({ now: Date.now, monotonic: () => performance.now() });
    const reply = newReply();
    replies.add(reply);
    reply.start();
    reply.append("of the first attempt");
    let owned = true;
    const writer = new JournalWriter({
      journal: {
        ...journal,
        append: async (entries) => {
          owned = false;
          await meanwhile(reply);
          await journal.append(entries);
        },
      },
      replies,
      owns: () => owned,
      failed: (error) => failures.push(error),
    });
    await writer.flush();
    writer.close();
    replies.close();
  }

  test("leaves nothing behind of a reply that another instance has ended meanwhile", async () => {
    await writeLate(async ({ scope, id }) => {
      await journal.append([{ ...scope, reply: id, epoch: 2, seq: 1, text: "of the second" }]);
      await journal.drop(scope, id, 2);
    });
    const { scope, id } = newReply();
    expect(await journal.read(scope, id)).toBeNull();
  });

  test("takes nothing from a reply that another instance is writing", async () => {
    await writeLate(async ({ scope, id }) => {
      await journal.append([{ ...scope, reply: id, epoch: 2, seq: 1, text: "of the second" }]);
    });
    const { scope, id } = newReply();
    expect(await journal.read(scope, id)).toMatchObject({ epoch: 2, text: "of the second" });
  });
});

test("a batch that was written, though the answer to it was lost, leaves no text twice", async () => {
  const database = await openSqlite(":memory:");
  const journal = createSqliteReplyJournal(database);
  const replies = new LiveReplies({ now: Date.now, monotonic: () => performance.now() });
  const reply = newReply();
  replies.add(reply);
  reply.start();
  let lost = true;
  const writer = new JournalWriter({
    journal: {
      ...journal,
      append: async (entries) => {
        await journal.append(entries);
        if (lost) throw new Error("no answer in time");
      },
    },
    replies,
    owns: () => true,
    failed: () => undefined,
  });
  reply.append("one ");
  await writer.flush();
  reply.append("two");
  lost = false;
  await writer.flush();
  writer.close();
  replies.close();
  expect(await journal.read(reply.scope, reply.id)).toMatchObject({ seq: 2, text: "one two" });
  await database.close();
});
