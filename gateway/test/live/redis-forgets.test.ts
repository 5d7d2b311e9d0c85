import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { type CuttableProxy, cuttableProxy } from "../ports/support/cuttable-proxy.ts";
import { until } from "../ports/support/until.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";

/** Beats of an instance after which it takes one that it does not see for dead. */
const BEATS = 3;

let instances: Instances;
let way: CuttableProxy;
let redis: Redis;

beforeAll(async () => {
  instances = await prepareInstances();
  way = await cuttableProxy(instances.redis.port);
  redis = new Redis(instances.redisUrl);
});
afterAll(async () => {
  redis.disconnect();
  await instances.stop();
  await way.close();
});

/** Resolves when the instance that Redis knows of has been heard so often. */
async function beats(count: number): Promise<void> {
  const seen = new Set<string>();
  await until(async () => {
    for (const beat of Object.values(await redis.hgetall("chat:instances"))) seen.add(beat);
    return seen.size > count;
  });
}

test("where Redis has forgotten everything, one that is back later than another keeps what it runs", async () => {
  const left = await instances.start({ REDIS_URL: `redis://127.0.0.1:${way.port}` });
  const right = await instances.start();
  const token = signToken({ sub: "ada" });
  const [here, there] = await Promise.all([
    connect(left.chatUrl, { token }),
    connect(right.chatUrl, { token }),
  ]);
  instances.upstream.next({ holdAfter: 30 });
  const { reply, conversation } = await here.ask("[[sim tokens=60 rate=200 seed=431]]");
  await there.until(() => there.textOf(reply).seq > 3, "three chunks elsewhere");

  way.cut();
  await redis.flushall();
  await beats(BEATS);
  const next = await there.ask("[[sim tokens=20 rate=200 seed=432]]", { conversation });
  way.mend();
  instances.upstream.goOn();

  const first = [here, there].map((client) => client.frame("done", (done) => done.reply === reply));
  const ends = await Promise.all([...first, there.frame("done", (done) => done.reply === next.reply)]);
  // Of the first epoch, which is not named.
  const asAsked = { reason: "stop", epoch: undefined };
  expect(ends.map(({ reason, epoch }) => ({ reason, epoch }))).toEqual([asAsked, asAsked, asAsked]);
  for (const client of [here, there]) expect(client.textOf(reply).text).toBe(expectedText(431, 60));
  expect(there.textOf(next.reply).text).toBe(expectedText(432, 20));
  const seeds = instances.upstream.requests.map(({ directives }) => directives.seed);
  expect(seeds).toEqual([431, 432]);
  await Promise.all([here.close(), there.close()]);
});
