import { afterEach, describe, expect, test } from "@jest/globals";
import { PROTOCOL_LIMITS } from "@parlance/protocol";
import { ConversationQueues } from "../../../src/delivery/conversation-queues.ts";
import { LiveReplies } from "../../../src/delivery/live-replies.ts";
import { LiveReply } from "../../../src/delivery/live-reply.ts";
import { ReplyLog } from "../../../src/delivery/reply-log.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";
import { finish, newReply } from "./reading.ts";

const ADA = scopeOf("acme", "ada");

describe("the replies of an instance", () => {
  let replies: LiveReplies | null = null;
  afterEach(() => replies?.close());

  test("an ended one is there for five minutes, to its user alone, and then it is not", () => {
    const clock = manualClock();
    const all = new LiveReplies(clock);
    replies = all;
    const reply = newReply();
    all.add(reply);
    expect(all.open(ADA)).toEqual([reply]);
    finish(reply);
    all.ended(reply);
    expect(all.open(ADA)).toEqual([]);
    expect(all.get(scopeOf("acme", "bob"), reply.id)).toBeNull();
    clock.advance(PROTOCOL_LIMITS.resumableSeconds * 1000 - 1);
    expect(all.get(ADA, reply.id)).toBe(reply);
    clock.advance(1);
    expect(all.get(ADA, reply.id)).toBeNull();
    expect([...all.running()]).toEqual([]);
  });

  test("of a user who is forgotten none can be found any more, by whatever name, running or copied", () => {
    const all = new LiveReplies(manualClock());
    replies = all;
    const reply = newReply();
    all.add(reply);
    expect(all.forget(ADA)).toEqual([reply]);
    expect(all.get(ADA, reply.id)).toBeNull();
    expect(all.find(reply.id)).toBeNull();
  });
});

describe("the queues of conversations", () => {
  const replyAt = (position: number, conversation = "c"): LiveReply =>
    new LiveReply(
      {
        ...ADA,
        conversation,
        reply: `r${position}-${conversation}`,
        message: `q${position}`,
        position,
        epoch: 1,
        kind: "message",
        at: 0,
      },
      { changed: () => undefined },
    );

  test("one at a time a conversation, in the order of questions, whatever fails or is taken out", async () => {
    const failures: unknown[] = [];
    const emptied: string[] = [];
    const queues = new ConversationQueues({
      failed: (error) => failures.push(error),
      emptied: ({ conversation }) => emptied.push(conversation),
    });
    const order: string[] = [];
    const gates = new Map<string, () => void>();
    const add = (reply: LiveReply, fails = false): void =>
      queues.add(reply, async () => {
        order.push(reply.id);
        await new Promise<void>((resolve) => gates.set(reply.id, resolve));
        if (fails) throw new Error("it failed");
      });
    const [one, two, three, four, other] = [replyAt(1), replyAt(2), replyAt(3), replyAt(4), replyAt(1, "d")];
    add(one, true);
    add(four);
    add(three);
    add(two);
    add(other);
    expect(order).toEqual(["r1-c", "r1-d"]);
    expect(queues.remove(three)).toBe(true);
    expect(queues.remove(three)).toBe(false);
    expect(queues.remove(one)).toBe(false);
    const idle = queues.idle();
    for (const id of ["r1-d", "r1-c", "r2-c", "r4-c"]) {
      while (!gates.has(id)) await Promise.resolve();
      gates.get(id)?.();
    }
    await idle;
    expect(order).toEqual(["r1-c", "r1-d", "r2-c", "r4-c"]);
    expect(failures).toHaveLength(1);
    expect(emptied).toEqual(["d", "c"]);
    expect(queues.busy(one)).toBe(false);
  });
});

describe("the log of a reply", () => {
  test("is the same chunks when it is sealed, whatever is asked of it", () => {
    const chunks = ["", "a", "🎉", "漢字", "", "end"];
    const [open, sealed] = [new ReplyLog(), new ReplyLog()];
    for (const chunk of chunks) for (const log of [open, sealed]) log.append(chunk);
    sealed.seal();
    sealed.seal();
    for (const log of [open, sealed]) {
      expect(log.seq).toBe(chunks.length);
      expect(log.text()).toBe(chunks.join(""));
      for (let from = 0; from <= chunks.length; from++) {
        expect(log.chunksAfter(from)).toEqual(chunks.slice(from));
        for (let to = from; to <= chunks.length; to++)
          expect(log.slice(from, to)).toBe(chunks.slice(from, to).join(""));
      }
      expect(log.fitting(1, 3)).toBe(3);
      expect(log.fitting(3, 1)).toBe(4);
      expect(log.fitting(6, 100)).toBe(6);
    }
  });
});
