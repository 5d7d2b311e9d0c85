import { createHmac, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PROTOCOL } from "@parlance/protocol";
import jwt from "jsonwebtoken";
import { connect, refusedUpgrade, signToken } from "./support/test-client.ts";
import {
  ACME_API_KEY,
  ACME_SECRET,
  GLOBEX_SECRET,
  PAGE_ORIGIN,
  startTestGateway,
  type TestGateway,
  TWO_TENANTS,
} from "./support/test-gateway.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (key: typeof rsa.publicKey): string => key.export({ type: "spki", format: "pem" }).toString();
const RSA_PUBLIC = pem(rsa.publicKey);

const SEED = {
  tenants: [
    ...TWO_TENANTS.tenants,
    { id: "initech", signingKeys: [{ kid: "rsa-1", algorithm: "RS256" as const, publicKey: RSA_PUBLIC }] },
    {
      id: "hooli",
      allowQueryToken: true,
      signingKeys: [{ kid: "ec-1", algorithm: "ES256" as const, publicKey: pem(ec.publicKey) }],
    },
  ],
};

const seconds = (): number => Math.floor(Date.now() / 1000);

function unsigned(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT", kid: "acme-1" })}.${part(claims)}.`;
}

const claims = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  tenant_id: "acme",
  sub: "ada",
  iat: seconds(),
  exp: seconds() + 600,
  ...more,
});

/** Every token that must be refused before the 101, with the code it gets. */
const BAD_TOKENS: readonly (readonly [string, () => string, string])[] = [
  ["no JWT at all", () => "not-a-token", "UNAUTHORIZED"],
  ["alg none", () => unsigned(claims()), "UNAUTHORIZED"],
  [
    "an HS256 signature made with an RS256 tenant's public key",
    () => {
      const header = Buffer.from(JSON.stringify({ alg: "HS256", typ: "JWT", kid: "rsa-1" })).toString(
        "base64url",
      );
      const payload = Buffer.from(JSON.stringify(claims({ tenant_id: "initech" }))).toString("base64url");
      const signature = createHmac("sha256", RSA_PUBLIC).update(`${header}.${payload}`).digest("base64url");
      return `${header}.${payload}.${signature}`;
    },
    "UNAUTHORIZED",
  ],
  ["another tenant's key", () => signToken({}, { secret: GLOBEX_SECRET, kid: "globex-1" }), "UNAUTHORIZED"],
  [
    "another tenant's key under this one's kid",
    () => signToken({}, { secret: GLOBEX_SECRET }),
    "UNAUTHORIZED",
  ],
  ["an unknown kid", () => signToken({}, { kid: "acme-9" }), "UNAUTHORIZED"],
  ["our own kid on a customer's signature", () => signToken({}, { kid: "parlance" }), "UNAUTHORIZED"],
  ["expired", () => signToken({ iat: seconds() - 700, exp: seconds() - 100 }), "TOKEN_EXPIRED"],
  ["not yet valid", () => signToken({ nbf: seconds() + 300 }), "UNAUTHORIZED"],
  ["issued in the future", () => signToken({ iat: seconds() + 300 }), "UNAUTHORIZED"],
  ["a life of more than a day", () => signToken({ exp: seconds() + 90_000 }), "UNAUTHORIZED"],
  [
    "no exp",
    () =>
      jwt.sign(JSON.stringify({ ...claims(), exp: undefined }), ACME_SECRET, {
        header: { alg: "HS256", kid: "acme-1" },
      }),
    "UNAUTHORIZED",
  ],
  ["no tenant", () => signToken({ tenant_id: undefined }), "UNAUTHORIZED"],
  ["an unknown tenant", () => signToken({ tenant_id: "nobody" }), "UNAUTHORIZED"],
  ["no sub", () => signToken({ sub: undefined }), "UNAUTHORIZED"],
  ["an anonymous sub in a customer's token", () => signToken({ sub: "anon_x" }), "UNAUTHORIZED"],
  ["a sub with control characters", () => signToken({ sub: "a\u0000b" }), "UNAUTHORIZED"],
  ["a sub of more than 255 bytes", () => signToken({ sub: "é".repeat(128) }), "UNAUTHORIZED"],
];

describe.each(["uws", "ws"] as const)("before the 101, over %s", (socketServer) => {
  let gateway: TestGateway;
  let http: string;

  beforeAll(async () => {
    gateway = await startTestGateway({ socketServer, seed: SEED });
    http = `http://127.0.0.1:${gateway.gateway.port}`;
  });
  afterAll(() => gateway.stop());

  const probe = async (headers: Record<string, string>): Promise<{ status: number; code: string | null }> => {
    const response = await fetch(`${http}/v1/chat`, { headers });
    const text = await response.text();
    return { status: response.status, code: text === "" ? null : JSON.parse(text).error.code };
  };

  test.each(BAD_TOKENS)("%s is refused, and the probe says the same", async (_name, make, code) => {
    const token = make();
    const refused = await refusedUpgrade(gateway.chatUrl, [PROTOCOL, `bearer.${token}`]);
    expect({ status: refused.status, code: refused.body.error.code }).toEqual({ status: 401, code });
    expect(JSON.stringify(refused.body)).not.toContain(token.slice(-20));
    expect(refused.headers["sec-websocket-protocol"]).toBeUndefined();
    expect(await probe({ authorization: `Bearer ${token}` })).toEqual({ status: 401, code });
  });

  test("a token in the query is refused, unless the tenant allows it", async () => {
    const refused = await refusedUpgrade(`${gateway.chatUrl}?token=${signToken()}`, [PROTOCOL]);
    expect(refused).toMatchObject({ status: 401, body: { error: { code: "UNAUTHORIZED" } } });
    const payload = JSON.stringify(claims({ tenant_id: "hooli" }));
    const allowed = jwt.sign(payload, ec.privateKey, {
      algorithm: "ES256",
      header: { alg: "ES256", kid: "ec-1" },
    });
    const client = await connect(`${gateway.chatUrl}?token=${allowed}`, { token: "ignored" });
    expect(client.all("ready")[0]?.user.id).toBe("ada");
    await client.close();
  });

  test("no token is 401, no common version 426, another path 404", async () => {
    expect((await refusedUpgrade(gateway.chatUrl, [PROTOCOL])).status).toBe(401);
    expect((await refusedUpgrade(gateway.chatUrl, ["parlance.v9", `bearer.${signToken()}`])).status).toBe(
      426,
    );
    const elsewhere = gateway.chatUrl.replace("/v1/chat", "/v1/other");
    expect((await refusedUpgrade(elsewhere, [PROTOCOL, `bearer.${signToken()}`])).status).toBe(404);
    expect(await probe({})).toEqual({ status: 401, code: "UNAUTHORIZED" });
  });

  test("RS256 and ES256 tokens, and a token without kid where the tenant has one key, are taken", async () => {
    const sign = (
      key: typeof rsa.privateKey,
      algorithm: jwt.Algorithm,
      tenant: string,
      kid?: string,
    ): string =>
      jwt.sign(JSON.stringify(claims({ tenant_id: tenant })), key, {
        algorithm,
        header: { alg: algorithm, ...(kid === undefined ? {} : { kid }) },
      });
    expect(
      await probe({ authorization: `Bearer ${sign(rsa.privateKey, "RS256", "initech", "rsa-1")}` }),
    ).toEqual({ status: 204, code: null });
    expect(await probe({ authorization: `Bearer ${sign(ec.privateKey, "ES256", "hooli", "ec-1")}` })).toEqual(
      { status: 204, code: null },
    );
    expect(await probe({ authorization: `Bearer ${sign(rsa.privateKey, "RS256", "initech")}` })).toEqual({
      status: 204,
      code: null,
    });
  });

  test("the Authorization header serves as well as the subprotocol, which is never echoed", async () => {
    const token = signToken();
    const client = await connect(gateway.chatUrl, { token });
    expect(client.socket.protocol).toBe(PROTOCOL);
    await client.close();
    expect(await probe({ authorization: `Bearer ${token}` })).toEqual({ status: 204, code: null });
  });

  describe("sessions from a site key", () => {
    const session = (
      body: unknown,
      headers: Record<string, string> = { origin: PAGE_ORIGIN },
    ): Promise<Response> =>
      fetch(`${http}/v1/sessions`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });

    test("a page of an allowed origin gets a session, and the visitor token brings the same visitor back", async () => {
      const first = await (await session({ siteKey: "pk_acme" })).json();
      expect(first.user).toMatchObject({ anonymous: true, id: expect.stringMatching(/^anon_/) });
      const again = await (await session({ siteKey: "pk_acme", visitorToken: first.visitorToken })).json();
      expect(again.user.id).toBe(first.user.id);
      const client = await connect(gateway.chatUrl, { token: first.token, origin: PAGE_ORIGIN });
      expect(client.all("ready")[0]?.user).toEqual({ id: first.user.id, anonymous: true });
      await client.close();
    });

    test("an unknown key is 401, another origin or none is 403, a body that is wrong 400", async () => {
      expect((await session({ siteKey: "pk_nobody" })).status).toBe(401);
      expect((await session({ siteKey: "pk_acme" }, { origin: "https://evil.example" })).status).toBe(403);
      expect((await session({ siteKey: "pk_acme" }, {})).status).toBe(403);
      const wrong = await session({ siteKey: 7 });
      expect({ status: wrong.status, body: await wrong.json() }).toMatchObject({
        status: 400,
        body: { error: { code: "INVALID_FRAME", message: expect.stringContaining("siteKey") } },
      });
    });

    test("its token opens a socket from its own page only", async () => {
      const { token } = await (await session({ siteKey: "pk_acme" })).json();
      const protocols = [PROTOCOL, `bearer.${token}`];
      const elsewhere = await refusedUpgrade(gateway.chatUrl, protocols, { origin: "https://evil.example" });
      expect(elsewhere).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
      expect((await refusedUpgrade(gateway.chatUrl, protocols)).status).toBe(403);
      expect(await probe({ authorization: `Bearer ${token}`, origin: PAGE_ORIGIN })).toEqual({
        status: 204,
        code: null,
      });
    });

    test("with a customer's userToken it is that user's session", async () => {
      const response = await session({
        siteKey: "pk_acme",
        userToken: signToken({ sub: "grace", name: "Grace" }),
      });
      expect(await response.json()).toMatchObject({ user: { id: "grace", name: "Grace", anonymous: false } });
      const foreign = signToken({ tenant_id: "globex" }, { secret: GLOBEX_SECRET, kid: "globex-1" });
      expect((await session({ siteKey: "pk_acme", userToken: foreign })).status).toBe(401);
    });
  });

  describe("tokens for a customer's back end", () => {
    const tokens = (body: unknown, key: string): Promise<Response> =>
      fetch(`${http}/v1/tokens`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      });

    test("an sk_ key gets a user's token, which opens a socket", async () => {
      const response = await tokens({ sub: "kay|1/2", name: "Kay", ttl: 60 }, ACME_API_KEY);
      expect(response.status).toBe(201);
      const { token, expiresAt } = await response.json();
      expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
      const client = await connect(gateway.chatUrl, { token });
      expect(client.all("ready")[0]?.user).toEqual({ id: "kay|1/2", name: "Kay", anonymous: false });
      await client.close();
    });

    test("a wrong key, an anonymous sub and a life of more than a day are refused", async () => {
      expect((await tokens({ sub: "kay" }, "sk_wrong")).status).toBe(401);
      expect((await tokens({ sub: "anon_kay" }, ACME_API_KEY)).status).toBe(400);
      expect((await tokens({ sub: "kay", ttl: 86_401 }, ACME_API_KEY)).status).toBe(400);
    });
  });
});
