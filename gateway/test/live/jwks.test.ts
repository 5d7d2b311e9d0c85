import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import jwt from "jsonwebtoken";
import { type IdentityProvider, startIdentityProvider } from "./support/identity-provider.ts";
import { type ManualTime, manualTime } from "./support/manual-time.ts";
import { type SiteGateway, startSiteGateway } from "./support/site-sessions.ts";
import { connect, signToken } from "./support/test-client.ts";
import { PAGE_ORIGIN } from "./support/test-gateway.ts";

const MINUTE = 60_000;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const laterRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const smallRsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

const jwk = (key: KeyObject, fields: object): object => ({ ...key.export({ format: "jwk" }), ...fields });

/** Claims as the three providers make them, from their documentation. Times are added when they are signed. */
const COGNITO_ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";
const COGNITO_ID = {
  sub: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  aud: "1example23456789",
  iss: COGNITO_ISSUER,
  token_use: "id",
  email_verified: true,
  "cognito:username": "janedoe",
  "cognito:groups": ["customers"],
  "custom:shop": "cognito-co",
  name: "Jane Doe",
  email: "janedoe@example.com",
  origin_jti: "11111111-2222-3333-4444-555555555555",
  event_id: "66666666-7777-8888-9999-000000000000",
};
const COGNITO_ACCESS = {
  sub: COGNITO_ID.sub,
  client_id: COGNITO_ID.aud,
  iss: COGNITO_ISSUER,
  token_use: "access",
  scope: "openid profile",
  username: "janedoe",
  "cognito:username": "janedoe",
  "custom:shop": "cognito-co",
  version: 2,
};
const AUTH0 = {
  iss: "https://dev-example.eu.auth0.com/",
  sub: "auth0|507f1f77bcf86cd799439011",
  aud: ["https://chat.example.com", "https://dev-example.eu.auth0.com/userinfo"],
  azp: "my_client_id",
  scope: "openid profile",
  "https://example.com/display_name": "Ada L.",
};
const ENTRA = {
  aud: "6e74172b-be56-4843-9ff4-e66a39bb12e3",
  iss: "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
  idp: "https://sts.windows.net/7e8736db-7b36-4a5e-bbee-5bda3e8a0d34/",
  name: "Abe Lincoln",
  nonce: "123523",
  oid: "00000000-0000-0000-66f3-3332eca7ea81",
  preferred_username: "abeli@microsoft.com",
  rh: "I",
  sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
  tid: "72f988bf-86f1-41af-91ab-2d7cd011db47",
  uti: "fqiBqXLPj0eQa82S-IYFAA",
  ver: "2.0",
};

describe("users whom an identity provider vouches for", () => {
  let provider: IdentityProvider;
  let gateway: SiteGateway;
  let clock: ManualTime;
  let keys: Record<string, object[]>;
  let fails = false;

  beforeAll(async () => {
    provider = await startIdentityProvider();
    clock = manualTime();
    const jwksUrl = (path: string): string => `https://idp.example:${provider.port}${path}`;
    const site = (id: string) => [{ id, key: `pk_${id}`, name: id, allowedOrigins: [PAGE_ORIGIN] }];
    gateway = await startSiteGateway({
      surroundings: { clock, outside: provider.outside },
      seed: {
        tenants: ["cognito-co", "auth0-co", "entra-co", "both-co", "other-co"].map((id) => ({
          id,
          siteKeys: site(id),
        })),
      },
    });
    const register = async (tenant: string, body: object): Promise<void> => {
      const { status } = await gateway.admin("POST", `/tenants/${tenant}/signing-keys`, body);
      expect(status).toBe(201);
    };
    await register("cognito-co", {
      jwksUrl: jwksUrl("/cognito"),
      issuer: COGNITO_ISSUER,
      audience: COGNITO_ID.aud,
      claims: { user: "cognito:username", tenant: "custom:shop", name: "name" },
    });
    await register("auth0-co", {
      jwksUrl: jwksUrl("/auth0"),
      issuer: AUTH0.iss,
      audience: "https://chat.example.com",
      claims: { user: "sub", name: "https://example.com/display_name" },
    });
    await register("entra-co", {
      jwksUrl: jwksUrl("/entra"),
      issuer: ENTRA.iss,
      audience: ENTRA.aud,
      claims: { user: "oid", name: "name" },
    });
    await register("other-co", {
      jwksUrl: jwksUrl("/other"),
      issuer: AUTH0.iss,
      audience: "https://other.example.com",
      claims: { user: "sub" },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await provider.close();
  });
  beforeEach(() => {
    // What was fetched before is old, and what failed before may be tried.
    clock.advance(11 * MINUTE);
    fails = false;
    keys = {
      "/cognito": [
        jwk(ec.publicKey, { kid: "unused", use: "enc" }),
        jwk(rsa.publicKey, { kid: "cog+1=", alg: "RS256", use: "sig" }),
      ],
      "/auth0": [jwk(ec.publicKey, { kid: "ec-1", alg: "ES256", use: "sig", x5c: ["…"], x5t: "…" })],
      "/entra": [jwk(rsa.publicKey, { kid: "X5eXk4", use: "sig", x5t: "X5eXk4", issuer: ENTRA.iss })],
      "/other": [jwk(ec.publicKey, { kid: "ec-1", use: "sig" })],
    };
    provider.answer = (request, response) => {
      if (fails) response.writeHead(500).end();
      else response.end(JSON.stringify({ keys: keys[request.url ?? ""] ?? [] }));
    };
  });

  interface Signing {
    readonly key?: KeyObject;
    readonly algorithm?: jwt.Algorithm;
    readonly kid?: string | null;
  }
  const sign = (claims: object, { key = rsa.privateKey, algorithm = "RS256", kid = "" }: Signing): string => {
    const now = Math.floor(clock.now() / 1000);
    const payload = JSON.stringify({ iat: now, nbf: now, exp: now + 3_600, ...claims });
    const header = { alg: algorithm, typ: "JWT", ...(kid === null ? {} : { kid }) };
    return jwt.sign(payload, key, { algorithm, header, allowInsecureKeySizes: true });
  };
  const cognito = (claims: object = {}, how: Signing = {}): string =>
    sign({ ...COGNITO_ID, ...claims }, { kid: "cog+1=", ...how });
  const auth0 = (claims: object = {}, how: Signing = {}): string =>
    sign({ ...AUTH0, ...claims }, { key: ec.privateKey, algorithm: "ES256", kid: "ec-1", ...how });
  const entra = (claims: object = {}, how: Signing = {}): string =>
    sign({ ...ENTRA, ...claims }, { kid: "X5eXk4", ...how });
  const signIn = (tenant: string, userToken: string) =>
    gateway.session({ siteKey: `pk_${tenant}`, userToken });

  test.each([
    ["an ID token of Cognito", "cognito-co", () => cognito(), { id: "janedoe", name: "Jane Doe" }],
    [
      "an access token of Cognito",
      "cognito-co",
      () => sign(COGNITO_ACCESS, { kid: "cog+1=" }),
      { id: "janedoe" },
    ],
    [
      "a token of Auth0, ES256 and two audiences",
      "auth0-co",
      () => auth0(),
      { id: AUTH0.sub, name: "Ada L." },
    ],
    [
      "an ID token of Entra, whose keys name no algorithm",
      "entra-co",
      () => entra(),
      { id: ENTRA.oid, name: "Abe Lincoln" },
    ],
    [
      "a token without kid, where there is one key",
      "auth0-co",
      () => auth0({}, { kid: null }),
      { id: AUTH0.sub, name: "Ada L." },
    ],
  ])("%s makes a session, and opens a socket", async (_what, tenant, token, user) => {
    const { status, body } = await signIn(tenant, token());
    expect({ status, user: body.user }).toEqual({ status: 201, user: { ...user, anonymous: false } });
    const client = await gateway.page(body.token);
    expect(client.all("ready")[0]?.user.id).toBe(user.id);
    await client.close();
  });

  test("a token that names the tenant itself opens a socket without a site key", async () => {
    const client = await connect(gateway.chatUrl, { token: auth0({ tenant_id: "auth0-co" }) });
    expect(client.all("ready")[0]?.user.id).toBe(AUTH0.sub);
    await client.close();
    expect((await gateway.probe(auth0())).status).toBe(401);
  });

  const now = (): number => Math.floor(clock.now() / 1000);
  test.each<[string, string, () => string, string]>([
    ["of another issuer", "auth0-co", () => auth0({ iss: "https://evil.example/" }), "UNAUTHORIZED"],
    [
      "for another application",
      "auth0-co",
      () => auth0({ aud: "https://other.example.com" }),
      "UNAUTHORIZED",
    ],
    ["for no application", "auth0-co", () => auth0({ aud: undefined }), "UNAUTHORIZED"],
    ["of the same provider for another tenant's application", "other-co", () => auth0(), "UNAUTHORIZED"],
    ["that names another tenant", "cognito-co", () => cognito({ "custom:shop": "auth0-co" }), "UNAUTHORIZED"],
    [
      "that names no tenant, where it must",
      "cognito-co",
      () => cognito({ "custom:shop": undefined }),
      "UNAUTHORIZED",
    ],
    ["without the claim that names the user", "entra-co", () => entra({ oid: undefined }), "UNAUTHORIZED"],
    ["whose user is anonymous", "entra-co", () => entra({ oid: "anon_x" }), "UNAUTHORIZED"],
    ["that has expired", "entra-co", () => entra({ exp: now() - 120, iat: now() - 4_000 }), "TOKEN_EXPIRED"],
    ["that is not valid yet", "entra-co", () => entra({ nbf: now() + 600 }), "UNAUTHORIZED"],
    ["without an end", "entra-co", () => entra({ exp: undefined }), "UNAUTHORIZED"],
    ["that lives longer than a day", "entra-co", () => entra({ exp: now() + 90_000 }), "UNAUTHORIZED"],
    [
      "signed by another key under a known kid",
      "entra-co",
      () => entra({}, { key: laterRsa.privateKey }),
      "UNAUTHORIZED",
    ],
    ["of an unknown kid", "entra-co", () => entra({}, { kid: "who" }), "UNAUTHORIZED"],
    ["signed with the other algorithm", "entra-co", () => entra({}, { algorithm: "RS512" }), "UNAUTHORIZED"],
  ])("a token %s is refused", async (_what, tenant, token, code) => {
    const { status, body } = await signIn(tenant, token());
    expect({ status, code: body.error?.code }).toEqual({ status: 401, code });
  });

  test("a signature by the public key's text as a shared secret is refused", async () => {
    const secret = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
    const token = signToken({ ...ENTRA, tenant_id: "entra-co" }, { secret, kid: "X5eXk4" });
    expect((await signIn("entra-co", token)).status).toBe(401);
  });

  test("a key of less than 2048 bits is no key", async () => {
    keys["/entra"] = [jwk(smallRsa.publicKey, { kid: "X5eXk4" })];
    expect((await signIn("entra-co", entra({}, { key: smallRsa.privateKey }))).status).toBe(401);
  });

  const fetches = (): number => provider.asked.filter((path) => path === "idp.example/entra").length;

  test("keys are fetched once in ten minutes, however many sign in at once", async () => {
    const before = fetches();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn("entra-co", entra())));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    clock.advance(9 * MINUTE);
    await signIn("entra-co", entra());
    expect(fetches()).toBe(before + 1);
    clock.advance(2 * MINUTE);
    await signIn("entra-co", entra());
    expect(fetches()).toBe(before + 2);
  });

  test("a new key is found when its first token comes; for made-up ones it is asked once a minute", async () => {
    await signIn("entra-co", entra());
    const before = fetches();
    keys["/entra"]?.push(jwk(laterRsa.publicKey, { kid: "later" }));
    const later = (): string => entra({}, { key: laterRsa.privateKey, kid: "later" });
    expect((await signIn("entra-co", later())).status).toBe(401);
    expect(fetches()).toBe(before);
    clock.advance(MINUTE);
    expect((await signIn("entra-co", later())).status).toBe(201);
    expect(fetches()).toBe(before + 1);
    for (let made = 0; made < 10; made++) await signIn("entra-co", entra({}, { kid: `made-up-${made}` }));
    expect(fetches()).toBe(before + 1);
    expect((await signIn("entra-co", entra())).status).toBe(201);
  });

  test("while the provider does not answer, known keys serve on; where none is known it is 503, and asked once a minute", async () => {
    await signIn("entra-co", entra());
    clock.advance(11 * MINUTE);
    fails = true;
    expect((await signIn("entra-co", entra())).status).toBe(201);
    clock.advance(25 * 60 * MINUTE);
    const before = fetches();
    const refused = await signIn("entra-co", entra());
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "INTERNAL" } } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(JSON.stringify(refused.body)).not.toContain("/entra");
    expect((await signIn("entra-co", entra())).status).toBe(503);
    expect(fetches()).toBe(before + 1);
    fails = false;
    clock.advance(MINUTE);
    expect((await signIn("entra-co", entra())).status).toBe(201);
  });

  test.each(["http://idp.example/keys", "https://10.0.0.1/keys", "ftp://idp.example/keys", "keys"])(
    "a JWKS at %s brings nobody in",
    async (jwksUrl) => {
      const made = await gateway.admin("POST", "/tenants/both-co/signing-keys", {
        jwksUrl,
        issuer: AUTH0.iss,
        audience: "https://chat.example.com",
        claims: { user: "sub" },
      });
      if (made.status !== 201) expect(made.status).toBe(400);
      expect((await signIn("both-co", auth0())).status).toBeGreaterThanOrEqual(401);
    },
  );
});
