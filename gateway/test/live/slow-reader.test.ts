import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PROTOCOL_LIMITS } from "@parlance/protocol";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { StuckSockets } from "./support/stuck-sockets.ts";
import { TallyClient } from "./support/tally-client.ts";
import { startTestGateway, type TestGateway, TWO_TENANTS } from "./support/test-gateway.ts";

const REPLIES = 100;
const TOKENS = 4_000;
/** Sockets that do not read. */
const IDLE = 3;
/** What one socket may cost beyond the kernel's buffers. */
const MOST_BYTES = 64 * 1024;
/** Questions that one socket asks: two frames each, below the frames that a second allows. */
const QUESTIONS_A_SOCKET = 20;
/** Noise of a busy machine, milliseconds: what a delay may grow by beside its ratio. */
const NOISE = 30;

describe("a client that does not read", () => {
  const sockets = new StuckSockets();
  let gateway: TestGateway;

  beforeAll(async () => {
    const limits = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };
    gateway = await startTestGateway({
      seed: { tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, limits })) },
      surroundings: { chooseSocketServer: sockets.choose },
    });
  });
  afterAll(() => gateway.stop());

  const ask = async (directives: (number: number) => string, count: number): Promise<string[]> => {
    const replies: string[] = [];
    while (replies.length < count) {
      const asker = await TallyClient.arrive(gateway.chatUrl, "prolific");
      for (let times = 0; times < QUESTIONS_A_SOCKET && replies.length < count; times++)
        replies.push(await asker.askAnew(`[[sim ${directives(replies.length)}]]`));
      await asker.leave();
    }
    return replies;
  };

  /** The better of two looks: what slow readers cost is in both, a hiccup of the machine is not. */
  const leastDelay = async (): Promise<number> =>
    Math.min(await delayOfOthers(gateway, ask), await delayOfOthers(gateway, ask));

  /** Arrives, and reads no more. */
  const arriveStuck = async () => {
    const client = await TallyClient.arrive(gateway.chatUrl, "prolific");
    const socket = sockets.all.at(-1);
    if (socket === undefined) throw new Error("no socket has opened");
    socket.stick();
    return { client, socket };
  };

  test(`while ${REPLIES} replies of ${TOKENS} tokens stream costs at most 64 KB, delays nobody, and then gets everything`, async () => {
    const reader = await TallyClient.arrive(gateway.chatUrl, "prolific");
    const before = await leastDelay();

    const idle: Awaited<ReturnType<typeof arriveStuck>>[] = [];
    for (let number = 0; number < IDLE; number++) idle.push(await arriveStuck());
    const begun = performance.now();
    const replies = await ask((number) => `tokens=${TOKENS} rate=4000 chunk=4 seed=${number}`, REPLIES);
    await reader.until(() => replies.every((reply) => reader.dones.has(reply)));
    const took = performance.now() - begun;
    const during = await leastDelay();
    const most = Math.max(...idle.map(({ socket }) => socket.mostBytes));
    expect(most).toBeGreaterThan(32 * 1024);
    expect(most).toBeLessThanOrEqual(MOST_BYTES);

    process.stderr.write(
      `${REPLIES} replies took ${Math.round(took)} ms; ${most} bytes waited at most for a socket that reads ` +
        `nothing; p99 of others' delay ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms beside them\n`,
    );
    expect(during).toBeLessThan(2 * before + NOISE);
    const told = new Set(replies);
    const ended = ({ client }: (typeof idle)[number]): boolean =>
      [...client.dones.keys()].some((reply) => told.has(reply));
    expect(idle.some(ended)).toBe(false);

    for (const { socket } of idle) socket.release();
    await Promise.all(
      idle.map(({ client }) => client.until(() => replies.every((reply) => client.dones.has(reply)))),
    );
    const clients = [reader, ...idle.map(({ client }) => client)];
    for (const client of clients) {
      expect(replies.map((reply) => client.dones.get(reply))).toEqual(replies.map(() => 1));
      const wrong = replies.filter(
        (reply, number) => client.texts.get(reply) !== expectedText(number, TOKENS),
      );
      expect(wrong).toEqual([]);
      expect(client.largest).toBeLessThanOrEqual(PROTOCOL_LIMITS.pieceBytes);
    }
    await Promise.all(clients.map((client) => client.leave()));
  });
});

/**
 * The 99th percentile of how long tokens take to another user, from the upstream's write to their socket, while
 * the prolific user is being answered, milliseconds.
 */
async function delayOfOthers(
  gateway: TestGateway,
  ask: (directives: (number: number) => string, count: number) => Promise<string[]>,
): Promise<number> {
  const seed = 1_000_000 + gateway.upstream.requests.length;
  const written: number[] = [];
  const delays: number[] = [];
  const forget = gateway.upstream.on("token", ({ directives }) => {
    if (directives.seed === seed) written.push(performance.now());
  });
  await ask((number) => `tokens=250 rate=300 seed=${seed + 1 + number}`, 10);
  const bystander = await TallyClient.arrive(gateway.chatUrl, `bystander-${seed}`);
  bystander.heard = (_reply, seq) => {
    delays.push(performance.now() - (written[seq - 1] ?? 0));
  };
  const reply = await bystander.askAnew(`[[sim tokens=150 rate=250 seed=${seed}]]`);
  await bystander.until(() => bystander.dones.has(reply));
  await bystander.leave();
  forget();
  return delays.toSorted((left, right) => left - right)[Math.floor(delays.length * 0.99)] ?? 0;
}
