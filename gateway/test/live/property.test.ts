import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Message } from "@parlance/protocol";
import { seededRandom } from "../../../scripts/upstream-simulator/random.ts";
import { type RedisProcess, startRedisProcess } from "../ports/support/redis-process.ts";
import { testSeed } from "../ports/support/seed.ts";
import { type ChaosOutcome, playChaos } from "./support/chaos.ts";
import { type ExpectedMessage, foldConversations } from "./support/conversation-fold.ts";
import { checkConversationOrder, checkReplyRules } from "./support/reply-rules.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";
import { givenContext, isAnswer } from "./support/upstream-calls.ts";

/** Users at once, and sessions one after another of each. */
const USERS = 6;
const SESSIONS = 3;
const STEPS = 40;
const SEED = testSeed("two sockets of one user");

describe.each(["this process", "Redis"])("two sockets of one user, with the hot store in %s", (store) => {
  let gateway: TestGateway;
  let redis: RedisProcess | null = null;

  beforeAll(async () => {
    redis = store === "Redis" ? await startRedisProcess() : null;
    gateway = await startTestGateway({
      environment: redis === null ? {} : { REDIS_URL: `redis://127.0.0.1:${redis.port}` },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await redis?.stop();
  });

  test(`random interleavings keep every rule of the protocol (seed ${SEED})`, async () => {
    const play = async (user: number): Promise<void> => {
      for (let session = 0; session < SESSIONS; session++) {
        const number = user * SESSIONS + session;
        const token = signToken({ sub: `chaos-${number}` });
        const outcome = await playChaos({
          chatUrl: gateway.chatUrl,
          token,
          random: seededRandom(SEED + number),
          steps: STEPS,
          firstSeed: number * 10_000,
        });
        await checkSession(outcome, gateway, await connect(gateway.chatUrl, { token }));
      }
    };
    await Promise.all(Array.from({ length: USERS }, (_, user) => play(user)));
  }, 60_000);
});

async function checkSession(outcome: ChaosOutcome, gateway: TestGateway, reader: TestClient): Promise<void> {
  const { asked, observer, sockets } = outcome;
  const seen = checkReplyRules(observer, asked, true);
  checkConversationOrder(observer, asked);
  for (const { dones } of seen.values()) expect(dones).toBe(1);
  for (const { client, open } of sockets) {
    for (const [reply, held] of checkReplyRules(client, asked, open)) {
      if (open) expect([reply, held.text]).toEqual([reply, seen.get(reply)?.text]);
    }
  }
  checkCalls(outcome, gateway);
  const expected = foldConversations(observer, asked);
  checkRefusals(outcome, expected);
  await checkHistory(expected, reader);
  for (const client of [observer, reader, ...sockets.filter(({ open }) => open).map(({ client }) => client)])
    await client.close();
}

/** One call a reply at most, exactly one where it came to its end, each with its question last. */
function checkCalls({ asked, observer }: ChaosOutcome, gateway: TestGateway): void {
  for (const { seed, content } of asked.scripts) {
    const replies = [...asked.promised.values()].filter(({ script }) => script.seed === seed);
    const called = gateway.upstream.requests.filter(
      (record) => record.directives.seed === seed && isAnswer(record),
    );
    const ended = observer
      .all("done")
      .filter(({ reply }) => replies.some((promise) => promise.reply === reply));
    const whole = ended.filter(({ reason, seq }) => reason === "stop" || seq > 0);
    expect(called.length).toBeLessThanOrEqual(replies.length);
    expect(called.length).toBeGreaterThanOrEqual(whole.length);
    for (const call of called) expect(givenContext(call).turns.at(-1)?.text).toBe(content);
  }
}

/** What was refused had to be: the target was gone, the id taken, or ten waited. */
function checkRefusals({ asked, sockets }: ChaosOutcome, expected: Map<string, ExpectedMessage[]>): void {
  const listed = new Set([...expected.values()].flat().map(({ id }) => id));
  for (const { client } of sockets) {
    for (const { frame } of client.sent) {
      if (!("id" in frame) || frame.id === undefined) continue;
      const refusal = client.all("error").find(({ ref }) => ref === frame.id);
      if (refusal === undefined) continue;
      const told = [refusal.code, frame];
      if (frame.type === "edit" || frame.type === "regenerate") {
        if (refusal.code === "NOT_FOUND") expect([frame, listed.has(frame.message)]).toEqual([frame, false]);
        else expect(told).toEqual([expect.stringMatching("INVALID_FRAME|CONCURRENCY_LIMITED"), frame]);
      } else if (frame.type === "message") {
        if (refusal.code === "NOT_FOUND") expect(expected.has(frame.conversation ?? "")).toBe(false);
        else expect(told).toEqual([expect.stringMatching("INVALID_FRAME|CONCURRENCY_LIMITED"), frame]);
        if (refusal.code === "INVALID_FRAME") expect(asked.promised.has(frame.id)).toBe(true);
      } else if (frame.type === "resume") {
        expect(told).toEqual(["NOT_FOUND", { ...frame, reply: "no-such-reply" }]);
      } else {
        expect(told).toEqual(["NOT_FOUND", frame]);
      }
    }
    expect(client.all("error").every(({ code }) => code !== "INTERNAL")).toBe(true);
  }
}

/** Whoever comes afterwards reads the same, whole or page by page. */
async function checkHistory(expected: Map<string, ExpectedMessage[]>, reader: TestClient): Promise<void> {
  const ready = await reader.frame("ready");
  expect(ready.replies).toEqual([]);
  for (const [conversation, messages] of expected) {
    expect(await readBackwards(reader, conversation, 3)).toEqual(messages);
    reader.send({ type: "open", id: `open-${conversation}`.slice(0, 64), conversation });
    const opened = await reader.frame("conversation", (frame) => frame.conversation === conversation);
    expect(opened.messages.map(essence)).toEqual(messages.slice(-20));
  }
  if (ready.conversation !== null && expected.has(ready.conversation))
    expect(ready.messages.map(essence)).toEqual(expected.get(ready.conversation)?.slice(-20));
}

async function readBackwards(
  reader: TestClient,
  conversation: string,
  limit: number,
): Promise<ExpectedMessage[]> {
  const found: ExpectedMessage[] = [];
  for (let page = 0; ; page++) {
    const before = found[0]?.id;
    const id = `p${page}-${conversation}`.slice(0, 64);
    reader.send({
      type: "history",
      id,
      conversation,
      limit: limit + page * 7,
      ...(before === undefined ? {} : { before }),
    });
    const { messages, more } = await reader.frame("history", ({ ref }) => ref === id);
    found.unshift(...messages.map(essence));
    if (!more) return found;
  }
}

function essence({ id, role, content, to, status }: Message): ExpectedMessage {
  if (role !== "user" && role !== "assistant") throw new Error(`nobody sent a message of ${role}`);
  return {
    id,
    role,
    content,
    ...(to === undefined ? {} : { to }),
    ...(status === undefined ? {} : { status }),
  };
}
