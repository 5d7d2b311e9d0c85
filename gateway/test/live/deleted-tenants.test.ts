import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { measure } from "../ports/support/lived-clock.ts";
import { until } from "../ports/support/until.ts";
import { OPERATOR_KEY } from "./support/admin-client.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_SECRET, PAGE_ORIGIN, TWO_TENANTS } from "./support/test-gateway.ts";

const [ACME] = TWO_TENANTS.tenants;
const tenant = (id: string) => ({
  ...ACME,
  id,
  cache: { exact: true, ttlSeconds: 600 },
  siteKeys: [{ id: "site", key: `pk_${id}`, allowedOrigins: [PAGE_ORIGIN] }],
  signingKeys: [{ kid: "one", algorithm: "HS256" as const, secret: ACME_SECRET }],
  apiKeys: [],
});

describe("a tenant that is deleted, where two instances run", () => {
  let instances: Instances;
  let left: GatewayProcess;
  let right: GatewayProcess;
  let redis: Redis;
  let data: string;
  beforeAll(async () => {
    instances = await prepareInstances({ tenants: ["going", "doomed", "staying"].map(tenant) });
    data = instances.dataDirectory;
    left = await start();
    right = await start();
    redis = new Redis(instances.redisUrl);
  });
  afterAll(async () => {
    redis.disconnect();
    await instances.stop();
  });

  const start = () => instances.start({ PARLANCE_ADMIN_KEY: OPERATOR_KEY });
  const admin = async (by: GatewayProcess, method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${by.port}/admin/api${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
  const user = (by: GatewayProcess, tenantId: string, sub: string): Promise<TestClient> =>
    connect(by.chatUrl, {
      token: signToken({ tenant_id: tenantId, sub }, { secret: ACME_SECRET, kid: "one" }),
    });
  const visitor = async (by: GatewayProcess, tenantId: string): Promise<TestClient> => {
    const call = async (body: object): Promise<{ token: string; visitorToken: string }> => {
      const response = await fetch(`http://127.0.0.1:${by.port}/v1/sessions`, {
        method: "POST",
        headers: { origin: PAGE_ORIGIN, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return (await response.json()) as { token: string; visitorToken: string };
    };
    const { visitorToken } = await call({ siteKey: `pk_${tenantId}` });
    const { token } = await call({ siteKey: `pk_${tenantId}`, visitorToken });
    return connect(by.chatUrl, { token, origin: PAGE_ORIGIN });
  };
  const answered = async (client: TestClient, content: string): Promise<void> => {
    const { reply } = await client.ask(content);
    await client.frame("done", (done) => done.reply === reply);
  };
  /** Files of the archive with a word in them, and keys of Redis with it in their name or content. */
  const placesWith = async (word: string): Promise<string[]> => {
    const files = (await readdir(data)).filter((name) => name.startsWith("parlance.db"));
    const contents = await Promise.all(files.map((name) => readFile(join(data, name))));
    const keys = await redis.keys("*");
    const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    return [
      ...files.filter((_, index) => contents[index]?.includes(word)),
      ...keys.filter((key, index) => key.includes(word) || values[index]?.includes(word)),
    ];
  };
  const purges = async (by: GatewayProcess, tenantId: string): Promise<number> => {
    const { body } = await admin(by, "GET", `/tenants/${tenantId}/audit`);
    return body.entries.filter(({ action }: { action: string }) => action === "tenant.purge").length;
  };
  const settled = (by: GatewayProcess, tenantId: string): Promise<void> =>
    until(async () => (await purges(by, tenantId)) > 0);

  test("ends its replies and sockets at once, then all that is kept of its users goes, and nobody else's", async () => {
    const others = await user(left, "staying", "ada");
    await answered(others, "unmistakable-staying [[sim tokens=5]]");
    const [ada, bob] = [await user(left, "going", "unmistakable-ada"), await user(right, "going", "bob")];
    const passing = await visitor(right, "going");
    await answered(ada, "unmistakable-going [[sim tokens=5]]");
    await answered(passing, "unmistakable-going says a visitor [[sim tokens=5]]");
    const { reply } = await bob.ask("unmistakable-going and on [[sim tokens=4000 rate=100]]");
    await bob.until(() => bob.textOf(reply).seq > 100, "a batch for the journal");
    const upstream = instances.upstream.requests.at(-1);
    expect(await placesWith("unmistakable-going")).not.toEqual([]);

    const took = measure();
    expect((await admin(left, "DELETE", "/tenants/going")).status).toBe(204);
    expect(await Promise.all([ada, bob, passing].map(({ closed }) => closed))).toEqual([4403, 4403, 4403]);
    expect(took()).toBeLessThan(1_000);
    await settled(left, "going");
    expect(upstream?.abortedAt).toBeDefined();

    await answered(others, "unmistakable-staying still [[sim tokens=5]]");
    await others.close();
    // SQLite empties its write-ahead log when the last gateway closes it.
    await Promise.all([left.end("SIGTERM"), right.end("SIGTERM")]);
    // What keeps late writers out: marks without content, each with its end.
    const marks = /:(journal|answers-to)$/u;
    expect((await placesWith("unmistakable-going")).filter((place) => !marks.test(place))).toEqual([]);
    const named = await placesWith("unmistakable-ada");
    expect(named.filter((place) => place.startsWith("chat:") && !marks.test(place))).toEqual([]);
    expect(await placesWith("unmistakable-staying")).toContain("parlance.db");
    left = await start();
    right = await start();
    const back = await user(right, "staying", "ada");
    expect(back.all("ready")[0]?.messages).toHaveLength(4);
    await back.close();
  });

  test("keeps its id, its audit log, and its usage as numbers", async () => {
    expect((await admin(right, "POST", "/tenants", { id: "going", name: "Again" })).status).toBe(409);
    const { body } = await admin(right, "GET", "/tenants/going/audit");
    const actions = body.entries.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(expect.arrayContaining(["tenant.purge", "tenant.delete"]));
    const usage = await admin(right, "GET", "/tenants/going/usage");
    expect(usage.body.total.messages).toBe(3);
    expect((await admin(right, "GET", "/tenants/going/conversations")).status).toBe(404);
    expect((await admin(right, "GET", "/tenants/never-was/usage")).status).toBe(404);
  });

  test("is purged by the next gateway where the one that was asked to did not live to do it", async () => {
    const clients = await Promise.all(["a", "b", "c"].map((sub) => user(right, "doomed", sub)));
    for (const client of clients) await answered(client, "unmistakable-doomed [[sim tokens=5]]");
    expect((await admin(right, "DELETE", "/tenants/doomed")).status).toBe(204);
    await right.end("SIGKILL");
    right = await start();
    await settled(right, "doomed");
    expect((await placesWith("unmistakable-doomed")).filter((place) => place.startsWith("chat:"))).toEqual(
      [],
    );
  });
});
