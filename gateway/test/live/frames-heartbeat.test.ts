import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CLOSE_CODES, HEARTBEAT, TOKEN_GRACE_SECONDS } from "@parlance/protocol";
import { HandSockets } from "./support/hand-sockets.ts";
import { manualTime } from "./support/manual-time.ts";
import { signToken } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";

/** Milliseconds that a token may end beside a full second, and the wheel's turn behind one. */
const TURN = 1_100;
/** Seconds of a token's life: with its grace, between the second ping and the third. */
const LIFE = 40;

describe("a socket as time passes", () => {
  const time = manualTime();
  const sockets = new HandSockets();
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({ surroundings: { clock: time, chooseSocketServer: sockets.choose } });
  });
  afterAll(() => gateway.stop());

  const token = (sub: string, seconds: number): string => {
    const now = Math.ceil(time.now() / 1000);
    return signToken({ sub, iat: now, exp: now + seconds });
  };

  test("is pinged every half minute, and closed when it stays silent; a token ends it, unless it is renewed", async () => {
    const silent = await sockets.open(token("silent", 600));
    const talking = await sockets.open(token("talking", 600));
    const answering = await sockets.open(token("answering", 600));
    const expiring = await sockets.open(token("expiring", LIFE));
    const renewing = await sockets.open(token("renewing", LIFE));
    silent.answers = false;
    talking.answers = false;
    const all = [silent, talking, answering, expiring, renewing];

    time.advance(HEARTBEAT.ping * 1000 + TURN);
    await sockets.until(() => all.every(({ pings }) => pings === 1));
    talking.say({ type: "ping", t: 1 });
    renewing.say({ type: "auth", id: "renewal", token: token("renewing", 600) });
    await sockets.until(() => renewing.frames.some(({ type }) => type === "ok"));

    time.advance(HEARTBEAT.timeout * 1000 + TURN);
    await sockets.until(() => silent.closedWith !== null);
    expect(silent.closedWith).toBe(CLOSE_CODES.noHeartbeat);

    // The half minute's second ping comes before the token's last second, and finds the socket open.
    time.advance((HEARTBEAT.ping - HEARTBEAT.timeout) * 1000 - TURN);
    await sockets.until(() => [talking, answering, renewing].every(({ pings }) => pings === 2));
    talking.say({ type: "ping", t: 2 });
    expect(expiring.closedWith).toBeNull();
    time.advance((TOKEN_GRACE_SECONDS + LIFE - 2 * HEARTBEAT.ping) * 1000 + TURN);
    await sockets.until(() => expiring.closedWith !== null);
    expect(expiring.closedWith).toBe(CLOSE_CODES.tokenExpired);
    expect([talking, answering, renewing].map(({ closedWith }) => closedWith)).toEqual([null, null, null]);
  });

  test("is greeted before anything it said is answered", async () => {
    const early = [
      { type: "ping", t: 1 },
      { type: "conversations", id: "early" },
    ];
    const hasty = await sockets.open(token("hasty", 600), early);
    await sockets.until(() => hasty.frames.length === 3);
    expect(hasty.frames.map(({ type }) => type)).toEqual(["ready", "pong", "conversations"]);
  });

  test("is closed as too fast beyond fifty frames a second, and as unreadable after ten bad ones", async () => {
    const fast = await sockets.open(token("fast", 600));
    for (let frame = 0; frame <= 50; frame++) fast.say({ type: "ping", t: frame });
    await sockets.until(() => fast.closedWith !== null);
    expect(fast.closedWith).toBe(CLOSE_CODES.tooFast);
    const odd = await sockets.open(token("odd", 600));
    for (let frame = 0; frame < 9; frame++) odd.say({ type: "message" });
    await sockets.until(() => odd.frames.length === 10);
    expect(odd.closedWith).toBeNull();
    odd.say({ type: "message" });
    await sockets.until(() => odd.closedWith !== null);
    expect(odd.closedWith).toBe(CLOSE_CODES.tooManyBadFrames);
  });
});
