import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { measure } from "../ports/support/lived-clock.ts";
import { until } from "../ports/support/until.ts";
import {
  ADMIN_KEYS,
  type AdminCall,
  type AdminGateway,
  OPERATOR_KEY,
  startAdminGateway,
} from "./support/admin-client.ts";
import { connect } from "./support/test-client.ts";
import { PAGE_ORIGIN, startTestGateway, type TestGateway } from "./support/test-gateway.ts";

/** Milliseconds within which every instance acts on a change. */
const LIVE = 1_000;

describe("a change by the admin API", () => {
  let here: AdminGateway;
  let there: TestGateway;
  let owner: AdminCall;
  beforeAll(async () => {
    here = await startAdminGateway();
    there = await startTestGateway({
      dataDirectory: here.dataDirectory,
      socketServer: "ws",
      seed: { tenants: [] },
      environment: { PARLANCE_ADMIN_KEY: OPERATOR_KEY },
    });
    owner = here.as(ADMIN_KEYS.owner);
  });
  afterAll(async () => {
    await there.stop();
    await here.stop();
  });

  const session = async (siteKey: string): Promise<{ status: number; token: string }> => {
    const response = await fetch(`http://127.0.0.1:${there.gateway.port}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: PAGE_ORIGIN },
      body: JSON.stringify({ siteKey }),
    });
    const { token = "" } = (await response.json()) as { token?: string };
    return { status: response.status, token };
  };

  test("is live on another instance within a second: a key that is rotated without grace is dead there", async () => {
    const made = await owner("POST", "/tenants/acme/site-keys", { body: { allowedOrigins: [PAGE_ORIGIN] } });
    expect((await session(made.body.key)).status).toBe(201);
    await owner("POST", `/tenants/acme/site-keys/${made.body.id}/rotate`, { body: { graceSeconds: 0 } });
    const took = measure();
    await until(async () => (await session(made.body.key)).status === 401);
    expect(took()).toBeLessThan(LIVE);
  });

  test("ends the sockets of a revoked key on another instance within a second", async () => {
    const made = await owner("POST", "/tenants/acme/site-keys", { body: { allowedOrigins: [PAGE_ORIGIN] } });
    const { token } = await session(made.body.key);
    const client = await connect(there.chatUrl, { token, origin: PAGE_ORIGIN });
    await client.frame("ready");
    await owner("DELETE", `/tenants/acme/site-keys/${made.body.id}`);
    const took = measure();
    expect(await client.closed).toBe(4403);
    expect(took()).toBeLessThan(LIVE);
  });

  test("shows when keys were used last, on whatever instance that was", async () => {
    const made = await owner("POST", "/tenants/acme/api-keys", { body: { name: "Used", kind: "sk" } });
    const minted = await fetch(`http://127.0.0.1:${there.gateway.port}/v1/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${made.body.key}` },
      body: JSON.stringify({ sub: "ada" }),
    });
    expect(minted.status).toBe(201);
    await there.gateway.stop();
    const { body } = await owner("GET", "/tenants/acme/api-keys?limit=100");
    const used = body.apiKeys.find(({ id }: { id: string }) => id === made.body.id);
    expect(Date.parse(used.lastUsedAt)).toBeGreaterThanOrEqual(Date.parse(made.body.createdAt));
  });
});
