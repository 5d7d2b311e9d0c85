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
