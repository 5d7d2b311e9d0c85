import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ERROR_CODES } from "@parlance/protocol";
import { readConfig } from "../../src/config.ts";
import type { SeedFile } from "../../src/tenants/seed.ts";
import { type SessionAnswer, type SiteGateway, startSiteGateway } from "./support/site-sessions.ts";
import { connect, refusedUpgrade, signToken } from "./support/test-client.ts";
import { PAGE_ORIGIN, TWO_TENANTS } from "./support/test-gateway.ts";

const SEED: SeedFile = {
  tenants: TWO_TENANTS.tenants.map((tenant) =>
    tenant.id === "acme"
      ? {
          ...tenant,
          siteKeys: [
            { key: "pk_acme", name: "plain", allowedOrigins: [PAGE_ORIGIN] },
            {
              key: "pk_small",
              name: "small",
              allowedOrigins: [PAGE_ORIGIN],
              limits: { sessionsPerMinute: 3, upgradesPerMinute: 4, ranges: ["203.0.113.0/24"] },
            },
          ],
        }
      : {
          ...tenant,
          siteKeys: [{ key: "pk_work", name: "work", allowedOrigins: [PAGE_ORIGIN] }],
          challenge: { kind: "proof-of-work" as const, difficulty: 8 },
        },
  ),
};

/** As in production, behind a proxy at this machine. */
const PRODUCTION = {
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PARLANCE_SECRET: "a secret of production that is long enough",
  TRUST_PROXY: "127.0.0.1",
};

let lastAddress = 0;
/** An address nobody came from before. */
const newAddress = (): string => `192.0.2.${++lastAddress}`;
const from = (address: string): Record<string, string> => ({ "x-forwarded-for": address });

describe.each(["uws", "ws"] as const)("strangers at the gates, over %s", (socketServer) => {
  let gateway: SiteGateway;
  beforeAll(async () => {
    gateway = await startSiteGateway({ seed: SEED, socketServer, environment: PRODUCTION });
  });
  afterAll(() => gateway.stop());

  const many = (count: number, ask: (index: number) => Promise<SessionAnswer>): Promise<SessionAnswer[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => ask(index)));
  const statuses = (answers: readonly SessionAnswer[]): Record<number, number> => {
    const counts: Record<number, number> = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };

  test("one address gets 600 sessions a minute, whatever visitors it makes up, and is told when to try again", async () => {
    const address = newAddress();
    const answers: SessionAnswer[] = [];
    const isRefused = ({ status }: SessionAnswer): boolean => status === 429;
    // What comes back while they ask is let in too: ten a second.
    while (!answers.some(isRefused))
      answers.push(...(await many(50, () => gateway.session({}, from(address)))));
    const refused = answers.filter(isRefused);
    const admitted = answers.length - refused.length;
    expect(admitted).toBeGreaterThanOrEqual(600);
    for (const { headers, body } of refused) {
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(body.error.code).toBe("RATE_LIMITED");
    }
    expect((await gateway.session({}, from(newAddress()))).status).toBe(201);
  });

  test("a site key's own limits hold for it, each address for itself, and named networks are let in", async () => {
    const ask = (address: string) => () => gateway.session({ siteKey: "pk_small" }, from(address));
    const address = newAddress();
    expect(statuses(await many(8, ask(address)))).toEqual({ 201: 3, 429: 5 });
    expect(statuses(await many(8, ask(newAddress())))).toEqual({ 201: 3, 429: 5 });
    expect(statuses(await many(20, ask("203.0.113.9")))).toEqual({ 201: 20 });
    expect((await gateway.session({}, from(address))).status).toBe(201);
  });

  test("all addresses of an IPv6 /64 are one, and what a visitor claims to be is not believed", async () => {
    const network = `2001:db8:${socketServer === "uws" ? 1 : 2}:7`;
    const answers = await many(8, (index) =>
      gateway.session({ siteKey: "pk_small" }, from(`${network}::${index + 1}`)),
    );
    expect(statuses(answers)).toEqual({ 201: 3, 429: 5 });
    const address = newAddress();
    const lying = await many(8, (index) =>
      gateway.session({ siteKey: "pk_small" }, from(`198.51.100.${index}, ${address}`)),
    );
    expect(statuses(lying)).toEqual({ 201: 3, 429: 5 });
  });

  test("upgrades are counted too, and the probe says the same", async () => {
    const address = newAddress();
    const { body } = await gateway.session({ siteKey: "pk_small" }, from("203.0.113.9"));
    const probes = await many(6, () => gateway.probe(body.token, from(address)));
    expect(statuses(probes)).toEqual({ 204: 4, 429: 2 });
    const refused = await refusedUpgrade(gateway.chatUrl, ["parlance.v1", `bearer.${body.token}`], {
      origin: PAGE_ORIGIN,
      ...from(address),
    });
    expect(refused).toMatchObject({ status: 429, body: { error: { code: "RATE_LIMITED" } } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  });

  test("users are counted as users: behind one address they do not take each other's turns", async () => {
    const address = newAddress();
    const answers = await many(8, (index) =>
      gateway.session(
        { siteKey: "pk_small", userToken: signToken({ sub: `office-${socketServer}-${index}` }) },
        from(address),
      ),
    );
    expect(statuses(answers)).toEqual({ 201: 8 });
  });

  test("who tries keys and tokens that do not hold must wait, also with one that does; others need not", async () => {
    const address = newAddress();
    const push = async () => {
      const response = await fetch(`http://127.0.0.1:${gateway.gateway.port}/v1/users/ada/messages`, {
        method: "POST",
        headers: { authorization: "Bearer sk_made_up", "content-type": "application/json", ...from(address) },
        body: JSON.stringify({ content: "x" }),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    };
    const attempt = (index: number): Promise<SessionAnswer> => {
      if (index % 4 === 3) return push();
      if (index % 3 === 0) return gateway.session({ siteKey: `pk_${index}` }, from(address));
      if (index % 3 === 1)
        return gateway.session({ userToken: signToken({}, { kid: "none" }) }, from(address));
      return gateway.probe(signToken({}, { kid: "none" }), from(address));
    };
    const tried: SessionAnswer[] = [];
    // Those at the same time are all let in where none has failed yet, so they come in turns.
    while (!tried.some(({ status }) => status === 429))
      tried.push(...(await many(50, (index) => attempt(tried.length + index))));
    const counts = statuses(tried);
    expect(counts[401]).toBeGreaterThanOrEqual(120);
    expect(counts[429]).toBeGreaterThan(0);
    expect((counts[401] ?? 0) + (counts[429] ?? 0)).toBe(tried.length);
    const good = signToken({ sub: "grace" });
    expect((await gateway.probe(good, from(address))).status).toBe(429);
    expect((await gateway.probe(good, from(newAddress()))).status).toBe(204);
  });

  test("a token that is only too old is no attempt to break in", async () => {
    const address = newAddress();
    const now = Math.floor(Date.now() / 1000);
    const old = signToken({ iat: now - 1_000, exp: now - 500 });
    const answers = await many(150, () => gateway.probe(old, from(address)));
    expect(statuses(answers)).toEqual({ 401: 150 });
  });

  describe("a tenant that asks new visitors for work", () => {
    const solve = ({ nonce, difficulty }: { nonce: string; difficulty: number }) => {
      for (let answer = 0; ; answer++) {
        const head = createHash("sha256").update(`${nonce}:${answer}`).digest().readUInt32BE(0);
        if (Math.clz32(head) >= difficulty) return { nonce, answer: `${answer}` };
      }
    };
    const ask = (body: object = {}) =>
      gateway.session({ siteKey: "pk_work", ...body }, from("198.51.100.77"));

    test("lets in who has done it, once, and whom it knows without", async () => {
      const required = await ask();
      expect(required).toMatchObject({
        status: 403,
        body: {
          error: { code: "CHALLENGE_REQUIRED" },
          challenge: { kind: "proof-of-work", difficulty: 8, nonce: expect.any(String) },
        },
      });
      expect(ERROR_CODES).toContain(required.body.error.code);
      const challenge = solve(required.body.challenge);
      const first = await ask({ challenge });
      expect(first.status).toBe(201);
      const twice = await ask({ challenge });
      expect(twice).toMatchObject({ status: 403, body: { challenge: { kind: "proof-of-work" } } });
      const back = await ask({ visitorToken: first.body.visitorToken });
      expect(back.body.user.id).toBe(first.body.user.id);
      expect((await ask({ challenge: { nonce: "9999999999.x.y", answer: "1" } })).status).toBe(403);
      expect((await ask({ challenge: { answer: 7 } })).status).toBe(400);
    });
  });
});

test("this machine itself is not counted outside of production", async () => {
  const gateway = await startSiteGateway({ seed: SEED, environment: { TRUST_PROXY: "127.0.0.1" } });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => gateway.session({ siteKey: "pk_small" })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
  const counted = await Promise.all(
    Array.from({ length: 8 }, () => gateway.session({ siteKey: "pk_small" }, from("192.0.2.200"))),
  );
  expect(counted.filter(({ status }) => status === 429)).toHaveLength(5);
  await gateway.stop();
});

test("turns of visitors are counted by network, whatever ids they have", async () => {
  const gateway = await startSiteGateway({ seed: SEED, environment: PRODUCTION });
  const header = from("192.0.2.201");
  /** Lets one visitor after the other ask so often, until some of it is refused. */
  const refusedOf = async (turns: number): Promise<(number | undefined)[]> => {
    const refused: (number | undefined)[] = [];
    for (let visitor = 0; refused.length === 0; visitor++) {
      const { body } = await gateway.session({}, header);
      const client = await connect(gateway.chatUrl, {
        token: body.token,
        origin: PAGE_ORIGIN,
        headers: header,
      });
      // What is said in a conversation that there is not costs no answer, and is a turn all the same.
      for (let turn = 0; turn < turns; turn++) {
        client.send({ type: "message", id: `${visitor}-${turn}`, conversation: "none", content: "x" });
        await client.frame("error", ({ ref }) => ref === `${visitor}-${turn}`);
      }
      refused.push(
        ...client
          .all("error")
          .flatMap(({ code, retryAfter }) => (code === "RATE_LIMITED" ? [retryAfter] : [])),
      );
      await client.close();
    }
    return refused;
  };
  const refused = await refusedOf(30);
  for (const retryAfter of refused) expect(retryAfter).toBeGreaterThanOrEqual(1);
  await gateway.stop();
});

test("TRUST_PROXY must name addresses", () => {
  expect(readConfig({ TRUST_PROXY: "10.0.0.0/8, 192.0.2.1 ,2001:db8::/32" }).trustedProxies).toEqual([
    "10.0.0.0/8",
    "192.0.2.1",
    "2001:db8::/32",
  ]);
  expect(() => readConfig({ TRUST_PROXY: "10.0.0.0/8,proxy.example" })).toThrow(/TRUST_PROXY/);
});
