import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ErrorCode, PROTOCOL_LIMITS } from "@parlance/protocol";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { mutatedFrame } from "./support/mutated-frames.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { startTestGateway, type TestGateway, TWO_TENANTS } from "./support/test-gateway.ts";

const FRAMES = 20_000;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
/** Frames on one socket before it is exchanged: below what a second allows. */
const BURST = 40;

/** The codes that a frame's own fault can meet. */
const CLIENT_ERRORS: readonly ErrorCode[] = [
  "INVALID_FRAME",
  "UNSUPPORTED_TYPE",
  "MESSAGE_TOO_LARGE",
  "UNAUTHORIZED",
  "TOKEN_EXPIRED",
  "FORBIDDEN",
  "NOT_FOUND",
  "RATE_LIMITED",
  "CONCURRENCY_LIMITED",
  "ATTACHMENT_REJECTED",
];

describe("bad input", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    const [acme, globex] = TWO_TENANTS.tenants;
    if (acme === undefined || globex === undefined) throw new Error("the seed has two tenants");
    gateway = await startTestGateway({
      seed: {
        tenants: [
          { ...acme, limits: { messagesPerMinute: 4, messagesPerHour: null, concurrentStreams: 1 } },
          globex,
        ],
      },
    });
  });
  afterAll(() => gateway.stop());

  test(`${FRAMES} mutated frames crash and block nothing (seed ${SEED})`, async () => {
    let random = SEED;
    const next = (): number => {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      return random / 2 ** 32;
    };
    const codes = new Map<string, number>();
    const count = (code: string): void => void codes.set(code, (codes.get(code) ?? 0) + 1);
    const strangers = await connect(gateway.chatUrl, { token: signToken({ sub: "stranger" }) });
    const foreign = await strangers.ask("[[sim tokens=2]]");
    await strangers.frame("done");

    let sent = 0;
    let user = 0;
    const worker = async (): Promise<void> => {
      while (sent < FRAMES) {
        const sub = `fuzz-${user++ % 50}`;
        const client = await connect(gateway.chatUrl, { token: signToken({ sub }) });
        for (let index = 0; index < BURST && sent < FRAMES; index++) {
          const frame = mutatedFrame(next, { sub, foreign, signToken });
          if (client.socket.readyState !== client.socket.OPEN) break;
          client.socket.send(frame);
          sent++;
        }
        await settle(client);
        for (const { code } of client.all("error")) count(code);
        for (const frame of client.frames) if (frame.type !== "error") count(frame.type);
        if (client.socket.readyState === client.socket.OPEN) await client.close();
        else count(`closed ${await client.closed}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    await strangers.close();

    const accepted = codes.get("ack") ?? 0;
    process.stdout.write(
      `fuzz seed ${SEED}: ${sent} frames; ${[...codes]
        .toSorted()
        .map(([code, times]) => `${code} ${times}`)
        .join(", ")}\n`,
    );
    for (const code of CLIENT_ERRORS)
      expect({ code, met: (codes.get(code) ?? 0) > 0 }).toEqual({ code, met: true });
    expect(accepted).toBeLessThan(FRAMES * 0.2);
    expect(codes.get("closed 4400")).toBeGreaterThan(0);
    expect(codes.get("closed 1011") ?? 0).toBe(0);

    const client = await connect(gateway.chatUrl, { token: signToken({ sub: "after-the-storm" }) });
    const ack = await client.ask("[[sim tokens=30 seed=9]]");
    await client.frame("done", ({ reply }) => reply === ack.reply);
    expect(client.textOf(ack.reply).text).toBe(expectedText(9, 30));
    await client.close();
  }, 180_000);

  test("each bad frame gets its code, and the socket lives on", async () => {
    const client = await connect(gateway.chatUrl, { token: signToken({ sub: "careful" }) });
    const codeOf = async (frame: Record<string, unknown> | string, ref: string): Promise<string> => {
      client.send(frame);
      return (await client.frame("error", (error) => error.ref === ref)).code;
    };
    expect(await codeOf({ type: "nonsense", id: "a1" }, "a1")).toBe("UNSUPPORTED_TYPE");
    expect(await codeOf({ type: "message", id: "a2" }, "a2")).toBe("INVALID_FRAME");
    expect(await codeOf('{"type":"message","id":"a3","content":"\\ud800"}', "a3")).toBe("INVALID_FRAME");
    expect(
      await codeOf(`{"type":"message","id":"a4","content":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, "a4"),
    ).toBe("INVALID_FRAME");
    const long = "x".repeat(PROTOCOL_LIMITS.messageCharacters + 1);
    expect(await codeOf({ type: "message", id: "a5", content: long }, "a5")).toBe("MESSAGE_TOO_LARGE");
    expect(await codeOf({ type: "message", id: "a6", content: "hi", conversation: "none" }, "a6")).toBe(
      "NOT_FOUND",
    );
    expect(await codeOf({ type: "auth", id: "a7", token: signToken({ sub: "other" }) }, "a7")).toBe(
      "FORBIDDEN",
    );
    client.send({ type: "ping", t: 1 });
    expect(await client.frame("pong")).toEqual({ type: "pong", t: 1 });
    await client.close();
  });

  test("the tenth bad frame closes with 4400, a frame over 64 KiB with 1009, too many frames with 4429", async () => {
    const bad = await connect(gateway.chatUrl, { token: signToken({ sub: "bad" }) });
    for (let index = 0; index < PROTOCOL_LIMITS.badFramesPerMinute; index++) bad.send("{");
    expect(await bad.closed).toBe(4400);
    expect(bad.all("error")).toHaveLength(PROTOCOL_LIMITS.badFramesPerMinute);
    const large = await connect(gateway.chatUrl, { token: signToken({ sub: "large" }) });
    large.send(JSON.stringify({ type: "ping", t: "x", junk: "x".repeat(PROTOCOL_LIMITS.clientFrameBytes) }));
    expect(await large.closed).toBe(1009);
    const fast = await connect(gateway.chatUrl, { token: signToken({ sub: "fast" }) });
    for (let index = 0; index < PROTOCOL_LIMITS.framesPerSecond * 2 + 1; index++) fast.send({ type: "ping" });
    expect(await fast.closed).toBe(4429);
    const binary = await connect(gateway.chatUrl, { token: signToken({ sub: "binary" }) });
    binary.socket.send(Buffer.from([1, 2, 3]));
    expect(await binary.frame("error")).toMatchObject({ code: "INVALID_FRAME" });
    await binary.close();
  });
});

/** Resolves when the gateway has handled all that was sent, or has closed the socket. */
async function settle(client: TestClient): Promise<void> {
  if (client.socket.readyState !== client.socket.OPEN) {
    await client.closed;
    return;
  }
  client.send({ type: "history", id: "settled", conversation: "none" });
  await Promise.race([
    client.closed,
    client.frame("error", ({ ref }) => ref === "settled").catch(() => client.closed),
  ]);
}
