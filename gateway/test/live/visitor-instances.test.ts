import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { measure } from "../ports/support/lived-clock.ts";
import { type RedisProcess, startRedisProcess } from "../ports/support/redis-process.ts";
import { type ManualTime, manualTime } from "./support/manual-time.ts";
import { type SiteGateway, startSiteGateway } from "./support/site-sessions.ts";
import { signToken, type TestClient } from "./support/test-client.ts";

/** Milliseconds in which a socket must be gone after what it rests on. */
const AT_ONCE = 1_000;
const PAST_GRACE = 11 * 60_000;

describe("a visitor's sockets on two instances of one Redis", () => {
  let redis: RedisProcess;
  let clock: ManualTime;
  let left: SiteGateway;
  let right: SiteGateway;
  beforeAll(async () => {
    redis = await startRedisProcess();
    clock = manualTime();
    const shared = {
      dataDirectory: await mkdtemp(join(tmpdir(), "parlance-visitors-")),
      environment: { REDIS_URL: `redis://127.0.0.1:${redis.port}` },
      surroundings: { clock },
    };
    left = await startSiteGateway(shared);
    right = await startSiteGateway(shared);
  });
  afterAll(async () => {
    await right.gateway.stop();
    await right.upstream.close();
    await left.stop();
    await redis.stop();
  });

  /** The close codes of all, and milliseconds until the last was gone. */
  const gone = async (clients: readonly TestClient[]): Promise<{ codes: number[]; took: number }> => {
    const took = measure();
    const codes = await Promise.all(clients.map((client) => client.closed));
    return { codes, took: took() };
  };

  test("end everywhere at once when one of the visitor's old tokens comes back, and nobody else's do", async () => {
    const { body: first } = await left.session();
    const { body: second } = await left.session({ visitorToken: first.visitorToken });
    await left.session({ visitorToken: second.visitorToken });
    const { body: stranger } = await right.session();
    clock.advance(PAST_GRACE);
    const others = await right.page(stranger.token);
    const open = [await left.page(second.token), await right.page(second.token)];
    const ending = gone(open);
    const { body: thief } = await left.session({ visitorToken: first.visitorToken });
    expect(thief.user.id).not.toBe(first.user.id);
    const { codes, took } = await ending;
    expect(codes).toEqual([4401, 4401]);
    expect(took).toBeLessThan(AT_ONCE);
    await others.roundTrip();
    await others.close();
  });

  test("end everywhere at once when the visitor signs in", async () => {
    const { body: visitor } = await right.session();
    const open = [await left.page(visitor.token), await right.page(visitor.token)];
    const ending = gone(open);
    const now = Math.floor(clock.now() / 1000);
    const userToken = signToken({ sub: "ada", iat: now, exp: now + 600 });
    const { status } = await right.session({ visitorToken: visitor.visitorToken, userToken });
    expect(status).toBe(201);
    const { codes, took } = await ending;
    expect(codes).toEqual([4401, 4401]);
    expect(took).toBeLessThan(AT_ONCE);
  });
});
