import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import jwt from "jsonwebtoken";
import { ADMIN_KEYS, type AdminCall, type AdminGateway, startAdminGateway } from "./support/admin-client.ts";
import { connect, signToken } from "./support/test-client.ts";

const PAGE = "https://page.example";

describe("keys in the admin API", () => {
  let gateway: AdminGateway;
  let owner: AdminCall;
  let url: string;
  beforeAll(async () => {
    gateway = await startAdminGateway({ socketServer: "ws" });
    owner = gateway.as(ADMIN_KEYS.owner);
    url = `http://127.0.0.1:${gateway.gateway.port}`;
  });
  afterAll(() => gateway.stop());

  const sessionStatus = async (siteKey: string, origin = PAGE): Promise<number> => {
    const response = await fetch(`${url}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ siteKey }),
    });
    return response.status;
  };
  const makeSiteKey = async (fields: Record<string, unknown> = {}) => {
    const body = { name: "Shop", allowedOrigins: [PAGE], ...fields };
    const answer = await owner("POST", "/tenants/acme/site-keys", { body });
    expect(answer.status).toBe(201);
    return answer.body;
  };

  describe("a site key", () => {
    test("opens sessions for its origins at once, and for no other", async () => {
      const made = await makeSiteKey();
      expect(made).toMatchObject({ name: "Shop", allowedOrigins: [PAGE], former: [], lastUsedAt: null });
      expect(made.key).toMatch(/^pk_[\w-]{24}$/);
      expect(await sessionStatus(made.key)).toBe(201);
      expect(await sessionStatus(made.key, "https://other.example")).toBe(403);
    });

    test("stands beside others of the tenant, each with its origins", async () => {
      const one = await makeSiteKey();
      const other = await makeSiteKey({ allowedOrigins: ["https://other.example"] });
      expect(await sessionStatus(one.key)).toBe(201);
      expect(await sessionStatus(other.key)).toBe(403);
      const { body } = await owner("GET", "/tenants/acme/site-keys?limit=100");
      const ids = body.siteKeys.map(({ id }: { id: string }) => id);
      expect(ids).toEqual(expect.arrayContaining([one.id, other.id]));
    });

    test("that is rotated keeps its id; the former text counts until its grace is over", async () => {
      const made = await makeSiteKey();
      const rotated = await owner("POST", `/tenants/acme/site-keys/${made.id}/rotate`, {
        body: { graceSeconds: 3_600 },
      });
      expect(rotated.status).toBe(201);
      expect(rotated.body).toMatchObject({
        id: made.id,
        allowedOrigins: [PAGE],
        former: [{ key: made.key, expiresAt: expect.any(String) }],
      });
      expect(rotated.body.key).not.toBe(made.key);
      expect([await sessionStatus(made.key), await sessionStatus(rotated.body.key)]).toEqual([201, 201]);
      const ended = await owner("POST", `/tenants/acme/site-keys/${made.id}/rotate`, {
        body: { graceSeconds: 0 },
      });
      expect(ended.body.former).toEqual([]);
      const statuses = [made.key, rotated.body.key, ended.body.key].map((key) => sessionStatus(key));
      expect(await Promise.all(statuses)).toEqual([401, 401, 201]);
    });

    test("is rotated without a word, with a day of grace", async () => {
      const made = await makeSiteKey();
      const { status, body } = await owner("POST", `/tenants/acme/site-keys/${made.id}/rotate`);
      expect(status).toBe(201);
      const [former] = body.former;
      expect(Date.parse(former.expiresAt) - Date.now()).toBeGreaterThan(86_000_000);
    });

    test("that is revoked is dead at once, its former texts too", async () => {
      const made = await makeSiteKey();
      const path = `/tenants/acme/site-keys/${made.id}`;
      const { body } = await owner("POST", `${path}/rotate`, { body: { graceSeconds: 3_600 } });
      expect((await owner("DELETE", path)).status).toBe(204);
      expect([await sessionStatus(made.key), await sessionStatus(body.key)]).toEqual([401, 401]);
      expect((await owner("DELETE", path)).status).toBe(404);
    });

    test("is changed only from what its writer saw", async () => {
      const made = await makeSiteKey();
      const path = `/tenants/acme/site-keys/${made.id}`;
      const etag = (await owner("GET", path)).headers.get("etag") ?? "";
      const headers = { "if-match": etag };
      const changed = await owner("PATCH", path, {
        body: { allowedOrigins: ["https://new.example"] },
        headers,
      });
      expect(changed.body).toMatchObject({
        name: "Shop",
        allowedOrigins: ["https://new.example"],
        key: made.key,
      });
      expect((await owner("PATCH", path, { body: { name: "Late" }, headers })).status).toBe(412);
      expect((await owner("POST", `${path}/rotate`, { body: {}, headers })).status).toBe(412);
      expect((await owner("DELETE", path, { headers })).status).toBe(412);
      expect(await sessionStatus(made.key, "https://new.example")).toBe(201);
      expect(await sessionStatus(made.key)).toBe(403);
    });

    test.each([
      ["a path", "https://shop.example/"],
      ["upper case", "https://Shop.example"],
      ["plain http", "http://shop.example"],
      ["a public suffix", "https://*.co.uk"],
      ["a private suffix", "https://*.github.io"],
      ["a top level", "https://*.com"],
      ["any", "*"],
      ["a wildcard within", "https://a.*.example.com"],
      ["any port", "https://shop.example:*"],
      ["nothing", ""],
    ])("is refused for %s (%s)", async (_, origin) => {
      const answer = await owner("POST", "/tenants/acme/site-keys", { body: { allowedOrigins: [origin] } });
      expect(answer.status).toBe(400);
      expect(answer.body.error.message).toContain("allowedOrigins");
    });

    test.each([
      "https://shop.example:8443",
      "https://*.example.com",
      "http://localhost:*",
      "http://[::1]:3000",
      "null",
    ])("is made for %s", async (origin) => {
      expect((await makeSiteKey({ allowedOrigins: [origin] })).allowedOrigins).toEqual([origin]);
    });

    test("has its abuse limits from the operator alone", async () => {
      const body = { allowedOrigins: [PAGE], limits: { sessionsPerMinute: 5_000, ranges: ["10.0.0.0/8"] } };
      expect((await owner("POST", "/tenants/acme/site-keys", { body })).status).toBe(403);
      const made = await gateway.operator("POST", "/tenants/acme/site-keys", { body });
      expect(made.body.limits).toEqual(body.limits);
      const path = `/tenants/acme/site-keys/${made.body.id}`;
      expect((await owner("PATCH", path, { body: { limits: {} } })).status).toBe(403);
      expect((await owner("PATCH", path, { body: { dailyTokens: 100 } })).body.dailyTokens).toBe(100);
    });
  });

  describe("a signing key", () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const small = generateKeyPairSync("rsa", { modulusLength: 1_024 });
    const curve = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = (key: { export(options: { type: "spki"; format: "pem" }): string | Buffer }): string =>
      String(key.export({ type: "spki", format: "pem" }));
    const probe = async (token: string): Promise<number> => {
      const response = await fetch(`${url}/v1/chat`, { headers: { authorization: `Bearer ${token}` } });
      return response.status;
    };

    test("is a secret that is shown once, signs tokens at once, and is dead once revoked", async () => {
      const { status, body } = await owner("POST", "/tenants/acme/signing-keys", {
        body: { algorithm: "HS256", kid: "rotated-in" },
      });
      expect(status).toBe(201);
      expect(Buffer.byteLength(body.secret)).toBeGreaterThanOrEqual(32);
      const token = signToken({}, { secret: body.secret, kid: "rotated-in" });
      expect(await probe(token)).toBe(204);
      const listed = await owner("GET", "/tenants/acme/signing-keys");
      expect(JSON.stringify(listed.body)).not.toContain(body.secret);
      expect(listed.body.signingKeys).toContainEqual(
        expect.objectContaining({ kid: "rotated-in", algorithm: "HS256" }),
      );
      expect((await owner("DELETE", "/tenants/acme/signing-keys/rotated-in")).status).toBe(204);
      expect(await probe(token)).toBe(401);
    });

    test("may be a secret that the tenant has already", async () => {
      const secret = "a secret of the tenant's own, of 32 characters and more";
      const body = { kid: "brought-HS256", algorithm: "HS256", secret };
      expect((await owner("POST", "/tenants/acme/signing-keys", { body })).body).toMatchObject(body);
      expect(await probe(signToken({}, { secret, kid: "brought-HS256" }))).toBe(204);
      const short = { ...body, kid: "short", secret: "too short" };
      expect((await owner("POST", "/tenants/acme/signing-keys", { body: short })).status).toBe(400);
    });

    test("that is brought is a public key, whose tokens are taken", async () => {
      for (const [algorithm, { publicKey, privateKey }] of [
        ["RS256", rsa],
        ["ES256", curve],
      ] as const) {
        const body = { kid: `brought-${algorithm}`, algorithm, publicKey: pem(publicKey) };
        const answer = await owner("POST", "/tenants/acme/signing-keys", { body });
        expect(answer.body).toMatchObject(body);
        const now = Math.floor(Date.now() / 1000);
        const claims = { tenant_id: "acme", sub: "ada", iat: now, exp: now + 60 };
        expect(await probe(jwt.sign(claims, privateKey, { algorithm, keyid: body.kid }))).toBe(204);
      }
    });

    test.each([
      ["no PEM", { kid: "k", algorithm: "RS256", publicKey: "key" }],
      ["a curve's key for RS256", { kid: "k", algorithm: "RS256", publicKey: pem(curve.publicKey) }],
      ["an RSA key for ES256", { kid: "k", algorithm: "ES256", publicKey: pem(rsa.publicKey) }],
      ["a short RSA key", { kid: "k", algorithm: "RS256", publicKey: pem(small.publicKey) }],
      [
        "a private key",
        {
          kid: "k",
          algorithm: "RS256",
          publicKey: String(rsa.privateKey.export({ type: "pkcs8", format: "pem" })),
        },
      ],
      ["another algorithm", { kid: "k", algorithm: "none" }],
      ["the gateway's own name", { kid: "parlance", algorithm: "HS256" }],
      [
        "a JWKS over http",
        { jwksUrl: "http://id.example/keys", issuer: "i", audience: "a", claims: { user: "sub" } },
      ],
      [
        "a JWKS without an issuer",
        { jwksUrl: "https://id.example/keys", audience: "a", claims: { user: "sub" } },
      ],
    ])("is refused: %s", async (_, body) => {
      expect((await owner("POST", "/tenants/acme/signing-keys", { body })).status).toBe(400);
    });

    test("has a name of its own", async () => {
      const body = { algorithm: "HS256", kid: "acme-1" };
      expect((await owner("POST", "/tenants/acme/signing-keys", { body })).status).toBe(409);
    });

    test("may be where a provider publishes its keys", async () => {
      const body = {
        jwksUrl: "https://id.example/.well-known/jwks.json",
        issuer: "https://id.example/",
        audience: "chat",
        claims: { user: "sub", tenant: "custom:tenant" },
      };
      const { status, body: made } = await owner("POST", "/tenants/acme/signing-keys", { body });
      expect(status).toBe(201);
      expect(made).toMatchObject({ ...body, algorithm: "JWKS" });
    });
  });

  describe("an API key", () => {
    test("is shown once, works at once, tells when it was used, and is dead once revoked", async () => {
      const made = await owner("POST", "/tenants/acme/api-keys", {
        body: { name: "CI", kind: "ak", role: "viewer" },
      });
      expect(made.status).toBe(201);
      expect(made.body).toMatchObject({ name: "CI", kind: "ak", role: "viewer", lastUsedAt: null });
      const { id, key } = made.body;
      expect(key).toMatch(/^ak_[\w-]{32}$/);
      expect((await gateway.as(key)("GET", "/tenants/acme")).status).toBe(200);
      const listed = await owner("GET", "/tenants/acme/api-keys?limit=100");
      expect(JSON.stringify(listed.body)).not.toContain(key);
      expect(JSON.stringify(listed.body)).not.toContain("hash");
      expect((await owner("DELETE", `/tenants/acme/api-keys/${id}`)).status).toBe(204);
      expect((await gateway.as(key)("GET", "/tenants/acme")).status).toBe(401);
    });

    test("of a back end mints tokens that open a socket", async () => {
      const { body } = await owner("POST", "/tenants/acme/api-keys", {
        body: { name: "Back end", kind: "sk" },
      });
      expect(body).not.toHaveProperty("role");
      const minted = await fetch(`${url}/v1/tokens`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${body.key}` },
        body: JSON.stringify({ sub: "ada" }),
      });
      const { token } = (await minted.json()) as { token: string };
      const client = await connect(gateway.chatUrl, { token });
      expect((await client.frame("ready")).user).toMatchObject({ id: "ada" });
      client.socket.close();
    });

    test("of a back end has no role", async () => {
      const body = { name: "x", kind: "sk", role: "owner" };
      expect((await owner("POST", "/tenants/acme/api-keys", { body })).status).toBe(400);
    });
  });
});
