import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Redis } from "ioredis";
import { seededRandom } from "../../../scripts/upstream-simulator/random.ts";
import { testSeed } from "../ports/support/seed.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";
import { GLOBEX_SECRET, startTestGateway, type TestGateway } from "./support/test-gateway.ts";
import { markerOf, playTwins, type Told, TWIN_KEYS, twinSeed } from "./support/twins.ts";
import { givenContext } from "./support/upstream-calls.ts";

const STEPS = 150;
/** Texts of its own that each is told at least, whatever the seed: else nothing was looked at. About 35 are usual. */
const TOLD_AT_LEAST = 10;
const MARKERS = [markerOf("acme"), markerOf("globex")];

/** Each was told of itself, and nothing of the other. */
function expectApart(told: readonly Told[]): void {
  for (const { marker, texts } of told) {
    const foreign = MARKERS.filter((other) => other !== marker);
    expect(texts.filter((text) => foreign.some((other) => text.includes(other)))).toEqual([]);
    expect(texts.filter((text) => text.includes(marker)).length).toBeGreaterThan(TOLD_AT_LEAST);
  }
}

describe("two tenants whose users and ids are the same, on one gateway", () => {
  let gateway: TestGateway;
  const spans = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });

  beforeAll(async () => {
    trace.setGlobalTracerProvider(provider);
    gateway = await startTestGateway({ seed: twinSeed(true), socketServer: "ws" });
  });
  afterAll(async () => {
    await gateway.stop();
    await provider.shutdown();
    trace.disable();
  });

  test("see nothing of each other, whatever they do and whichever ids they name", async () => {
    const told = await playTwins(gateway.gateway.port, seededRandom(testSeed("isolation, live")), STEPS);
    expectApart(told);
    for (const request of gateway.upstream.requests) {
      const given = JSON.stringify(givenContext(request));
      expect(MARKERS.filter((marker) => given.includes(marker)).length).toBeLessThan(2);
    }
  }, 120_000);

  test("leave spans that name their own tenant and hold nothing of what was said", () => {
    const finished = spans.getFinishedSpans();
    expect(finished.length).toBeGreaterThan(50);
    const tenants = new Set(finished.map(({ attributes }) => attributes["parlance.tenant"]));
    expect([...tenants].sort()).toEqual(["acme", "globex"]);
    for (const { name, attributes, events, status } of finished) {
      const text = JSON.stringify({ name, attributes, events, status });
      expect(MARKERS.filter((marker) => text.includes(marker))).toEqual([]);
      expect(text).not.toContain("the same person");
    }
  });

  test("share no answer of a cache, though question, prompt and model are the same", async () => {
    const question = "the very same question [[sim tokens=3 seed=5]]";
    const askFor = async (tenant: "acme" | "globex", sub: string) => {
      const options =
        tenant === "acme" ? { kid: "the-same-kid" } : { kid: "the-same-kid", secret: GLOBEX_SECRET };
      const token = signToken({ tenant_id: tenant, sub }, options);
      const client = await connect(gateway.chatUrl, { token });
      const { reply } = await client.ask(question);
      await client.frame("done", (done) => done.reply === reply);
      await client.close();
      return client.all("response").length;
    };
    expect(await askFor("acme", "first")).toBe(0);
    expect(await askFor("acme", "second")).toBe(1);
    expect(await askFor("globex", "first")).toBe(0);
    expect(await askFor("globex", "second")).toBe(1);
  });
});

describe("two tenants whose users and ids are the same, with Redis and a full log", () => {
  let instances: Instances;
  beforeAll(async () => {
    instances = await prepareInstances(twinSeed(true));
  });
  afterAll(() => instances.stop());

  test("are in no log line with what they said, and share no key", async () => {
    const gateway = await instances.start({ LOG_LEVEL: "trace" });
    const redis = new Redis(instances.redisUrl);
    expectApart(await playTwins(gateway.port, seededRandom(testSeed("isolation with Redis, live")), STEPS));
    const keys = await redis.keys("*");
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) {
      // A key may have run out since it was listed; its name tells whose it was.
      const entry = `${key} ${(await redis.dumpBuffer(key))?.toString("latin1")}`;
      const of = (["acme", "globex"] as const).filter(
        (tenant) => entry.includes(markerOf(tenant)) || entry.includes(`{${tenant}`),
      );
      expect({ key, shared: of.length > 1 }).toEqual({ key, shared: false });
    }
    redis.disconnect();
    await gateway.end("SIGTERM");
    const secrets = Object.values(TWIN_KEYS).flatMap(({ sk, ak }) => [sk, ak]);
    const said = [...MARKERS, ...secrets, GLOBEX_SECRET];
    expect(gateway.log.filter((line) => said.some((word) => line.includes(word)))).toEqual([]);
  }, 120_000);
});
