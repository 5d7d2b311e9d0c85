import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ManualTime, manualTime } from "./support/manual-time.ts";
import { type SiteGateway, startSiteGateway } from "./support/site-sessions.ts";
import { signToken, type TestClient } from "./support/test-client.ts";
import { PAGE_ORIGIN, TWO_TENANTS } from "./support/test-gateway.ts";

const DAY = 86_400_000;
const [ACME] = TWO_TENANTS.tenants;
const site = (name: string, dailyTokens: number | null) => ({
  id: name,
  key: `pk_${name}`,
  name,
  allowedOrigins: [PAGE_ORIGIN],
  dailyTokens,
});

describe("tokens that a tenant, or a site's visitors, may use", () => {
  let gateway: SiteGateway;
  let clock: ManualTime;
  beforeAll(async () => {
    clock = manualTime();
    gateway = await startSiteGateway({
      surroundings: { clock },
      seed: {
        tenants: [
          {
            ...ACME,
            id: "acme",
            limits: { tokensPerMonth: 2_500 },
            siteKeys: [site("acme", null)],
          },
          {
            ...ACME,
            id: "globex",
            apiKeys: [],
            siteKeys: [site("small", 600), site("large", null)],
          },
        ],
      },
    });
  });
  afterAll(() => gateway.stop());

  const visit = async (siteKey: string, more: object = {}): Promise<TestClient> =>
    gateway.page((await gateway.session({ siteKey, ...more })).body.token);
  /** Asks for so many tokens of answer, and tells how it came out. */
  const asked = async (client: TestClient, tokens: number): Promise<string> => {
    const id = `q${Math.random().toString(36).slice(2)}`;
    client.send({ type: "message", id, content: `[[sim tokens=${tokens}]]` });
    await client.until(
      () =>
        client.all("error").some(({ ref }) => ref === id) || client.all("ack").some((ack) => ack.id === id),
    );
    const refused = client.all("error").find(({ ref }) => ref === id);
    if (refused !== undefined) return refused.code;
    const reply = client.all("ack").find((ack) => ack.id === id)?.reply;
    return (await client.frame("done", (frame) => frame.reply === reply)).reason;
  };
  const signIn = async (sub: string): Promise<TestClient> => {
    const now = Math.floor(clock.now() / 1000);
    return visit("pk_acme", { userToken: signToken({ sub, iat: now, exp: now + 600 }) });
  };

  test("a month's are taken by all users together; when they are gone it says from when there are new ones", async () => {
    const ada = await signIn("ada");
    const bob = await signIn("bob");
    expect(await asked(ada, 1_200)).toBe("stop");
    expect(await asked(bob, 1_400)).toBe("stop");
    expect(await asked(ada, 10)).toBe("BUDGET_EXHAUSTED");
    expect(await asked(bob, 10)).toBe("BUDGET_EXHAUSTED");
    const refusal = ada.all("error").at(-1);
    const now = new Date(clock.now());
    const next = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
    expect(refusal?.message).toContain(new Date(next).toISOString().slice(0, 10));
    expect(refusal?.retryAfter).toBeGreaterThan((next - clock.now()) / 1000 - 60);
    await ada.close();
    await bob.close();
  });

  test("after a restart what was used of the month is known", async () => {
    await gateway.restart();
    const ada = await signIn("ada");
    expect(await asked(ada, 10)).toBe("BUDGET_EXHAUSTED");
    await ada.close();
  });

  test("a site key's day is its visitors' together, and nobody else's", async () => {
    const one = await visit("pk_small");
    const other = await visit("pk_small");
    expect(await asked(one, 700)).toBe("stop");
    expect(await asked(other, 10)).toBe("BUDGET_EXHAUSTED");
    expect(other.all("error").at(-1)?.message).toContain("tomorrow");
    const elsewhere = await visit("pk_large");
    expect(await asked(elsewhere, 10)).toBe("stop");
    clock.advance(DAY);
    const next = await visit("pk_small");
    expect(await asked(next, 10)).toBe("stop");
    for (const client of [one, other, elsewhere, next]) await client.close();
  });

  test("after a restart what was used of the day is known, and what a running answer had used when it was stopped", async () => {
    clock.advance(DAY);
    const first = await visit("pk_small");
    expect(await asked(first, 300)).toBe("stop");
    await gateway.restart();
    const second = await visit("pk_small");
    expect(await asked(second, 10)).toBe("stop");
    const running = await visit("pk_small");
    const { reply } = await running.ask("[[sim tokens=4000 rate=400]]");
    await running.until(() => running.textOf(reply).seq > 300, "most of what is left");
    await gateway.restart();
    const third = await visit("pk_small");
    expect(await asked(third, 10)).toBe("BUDGET_EXHAUSTED");
    clock.advance(DAY);
    const tomorrow = await visit("pk_small");
    expect(await asked(tomorrow, 10)).toBe("stop");
    for (const client of [third, tomorrow]) await client.close();
  });

  test("what was refused took nothing, and an answer that was cancelled what it had said", async () => {
    clock.advance(DAY);
    const client = await visit("pk_small");
    for (let tries = 0; tries < 5; tries++) {
      client.send({ type: "message", id: `none-${tries}`, conversation: "none", content: "x" });
      await client.frame("error", ({ ref }) => ref === `none-${tries}`);
    }
    const { reply } = await client.ask("[[sim tokens=4000 rate=100 stall-after=20]]");
    await client.until(() => client.textOf(reply).seq >= 3, "some text");
    expect(await asked(client, 10)).toBe("BUDGET_EXHAUSTED");
    client.send({ type: "cancel", reply });
    await client.frame("done", (frame) => frame.reply === reply);
    expect(await asked(client, 10)).toBe("stop");
    await client.close();
  });
});
