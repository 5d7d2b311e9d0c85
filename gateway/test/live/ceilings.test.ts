import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_SECRET, TWO_TENANTS } from "./support/test-gateway.ts";

const [ACME] = TWO_TENANTS.tenants;
const tenant = (id: string, ceilings: object) => ({
  ...ACME,
  id,
  limits: { messagesPerMinute: 40, tenant: ceilings },
  siteKeys: [],
  signingKeys: [{ kid: "one", algorithm: "HS256" as const, secret: ACME_SECRET }],
  apiKeys: [],
});

/** What became of a message: acknowledged, or refused. */
async function outcome(client: TestClient, content: string) {
  const id = `q${Math.random().toString(36).slice(2)}`;
  client.send({ type: "message", id, content });
  const refusal = () => client.all("error").find(({ ref }) => ref === id);
  const ack = () => client.all("ack").find((each) => each.id === id);
  await client.until(() => (refusal() ?? ack()) !== undefined, "an answer to a message");
  return { refusal: refusal(), ack: ack() };
}

describe("ceilings over all users of a tenant, where two instances run", () => {
  let instances: Instances;
  let left: GatewayProcess;
  let right: GatewayProcess;
  beforeAll(async () => {
    instances = await prepareInstances({
      tenants: [
        tenant("minute", { messagesPerMinute: 7 }),
        tenant("streams", { concurrentStreams: 2 }),
        tenant("none", {}),
      ],
    });
    left = await instances.start();
    right = await instances.start();
  });
  afterAll(() => instances.stop());

  const sign = (tenantId: string, sub: string): string =>
    signToken({ tenant_id: tenantId, sub }, { secret: ACME_SECRET, kid: "one" });
  /** Users of a tenant, each with a socket at one of the two instances. */
  const users = (tenantId: string, count: number): Promise<TestClient[]> =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        connect((index % 2 === 0 ? left : right).chatUrl, { token: sign(tenantId, `user ${index}`) }),
      ),
    );
  const closeAll = (clients: readonly TestClient[]) => Promise.all(clients.map((client) => client.close()));

  test("of many who ask at once exactly as many are answered; the rest are told whose limit it is, and until when", async () => {
    const clients = await users("minute", 10);
    const [first] = clients;
    expect(first?.all("ready")[0]?.limits).toMatchObject({ messagesPerMinute: 7, messagesPerHour: null });
    const asked = await Promise.all(
      clients.flatMap((client) => [outcome(client, "[[sim tokens=3]]"), outcome(client, "[[sim tokens=3]]")]),
    );
    expect(asked.filter(({ ack }) => ack !== undefined)).toHaveLength(7);
    const refusals = asked.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
    expect(refusals).toHaveLength(13);
    for (const { code, message, retryAfter } of refusals) {
      expect(code).toBe("RATE_LIMITED");
      expect(message).toContain("all users of this site");
      expect(retryAfter).toBeLessThanOrEqual(9);
    }
    await closeAll(clients);
  });

  test("a tenant without ceilings is held by nobody's", async () => {
    const clients = await users("none", 10);
    const asked = await Promise.all(clients.map((client) => outcome(client, "[[sim tokens=3]]")));
    expect(asked.filter(({ refusal }) => refusal !== undefined)).toEqual([]);
    await closeAll(clients);
  });

  test("streams are counted over both, and freed by an end, a cancel, an erasure and a death", async () => {
    const [ada, bob, eve] = await users("streams", 3);
    if (ada === undefined || bob === undefined || eve === undefined) throw new Error("there are three");
    const long = "[[sim tokens=4000 rate=50]]";
    const running = await outcome(ada, long);
    const other = await outcome(bob, long);
    const refused = await outcome(eve, "[[sim tokens=3]]");
    expect(refused.refusal).toMatchObject({ code: "CONCURRENCY_LIMITED", retryAfter: 1 });
    expect(refused.refusal?.message).toContain("all users of this site");

    bob.send({ type: "cancel", reply: other.ack?.reply });
    await bob.frame("done", ({ reply }) => reply === other.ack?.reply);
    const ended = await outcome(eve, "[[sim tokens=3]]");
    await eve.frame("done", ({ reply }) => reply === ended.ack?.reply);

    const erased = await outcome(bob, long);
    expect(erased.ack).toBeDefined();
    expect((await outcome(eve, "[[sim tokens=3]]")).refusal?.code).toBe("CONCURRENCY_LIMITED");
    const admin = left.output.join("\n").match(/(op_\S+)/)?.[1] ?? "";
    const erasure = await fetch(`http://127.0.0.1:${left.port}/admin/api/tenants/streams/users/user%201`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${admin}` },
    });
    expect(erasure.status).toBe(200);

    // With the instance dies what ran there: another takes it over, and frees it when it ends.
    const next = await outcome(eve, "[[sim tokens=3]]");
    await eve.frame("done", ({ reply }) => reply === next.ack?.reply);
    const owner = await connect(left.chatUrl, { token: sign("streams", "user 9") });
    instances.upstream.next({ stallAfter: 10 });
    expect((await outcome(owner, "[[sim tokens=30 rate=100]]")).ack).toBeDefined();
    expect((await outcome(eve, "[[sim tokens=3]]")).refusal?.code).toBe("CONCURRENCY_LIMITED");
    await left.end("SIGKILL");
    const back = await connect(right.chatUrl, { token: sign("streams", "user 0") });
    const asking = await connect(right.chatUrl, { token: sign("streams", "user 2") });
    expect((await outcome(asking, "[[sim tokens=3]]")).refusal?.code).toBe("CONCURRENCY_LIMITED");
    back.send({ type: "cancel", reply: running.ack?.reply });
    let again = await outcome(asking, "[[sim tokens=3]]");
    const began = performance.now();
    while (again.refusal !== undefined && performance.now() - began < 20_000) {
      const { retryAfter = 0 } = again.refusal;
      await new Promise((resolve) => setTimeout(resolve, retryAfter * 1_000));
      again = await outcome(asking, "[[sim tokens=3]]");
    }
    expect(again.ack).toBeDefined();
    await closeAll([asking, back]);
  });
});
