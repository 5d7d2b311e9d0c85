import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ADMIN_KEYS, OPERATOR_KEY, seedWithAdmins } from "./support/admin-client.ts";
import { type GatewayProcess, startGatewayProcess } from "./support/gateway-process.ts";
import { connect, signToken } from "./support/test-client.ts";
import { ACME_API_KEY, ACME_SECRET, PAGE_ORIGIN } from "./support/test-gateway.ts";

const SECRET = "the platform's secret, before it is replaced";
const NEXT_SECRET = "the platform's secret, after it was replaced";
const CHALLENGE_SECRET = "0x4AAAAAAA-secret-of-the-challenge-service";

let folder: string;
let gateway: GatewayProcess;

const start = (environment: Record<string, string>): Promise<GatewayProcess> =>
  startGatewayProcess({
    DATA_DIR: folder,
    PARLANCE_ADMIN_KEY: OPERATOR_KEY,
    LOG_LEVEL: "trace",
    DRAIN_SECONDS: "0",
    ...environment,
  });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "parlance-secrets-"));
  const seed = join(folder, "seed.json");
  await writeFile(
    seed,
    JSON.stringify({ tenants: seedWithAdmins().tenants.map((each) => ({ ...each, model: "simulator" })) }),
  );
  gateway = await start({ PARLANCE_SECRET: SECRET, PARLANCE_CONFIG: seed });
  await rm(seed);
});
afterAll(async () => {
  await gateway.end("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

const call = async (path: string, init: RequestInit): Promise<string> =>
  (await fetch(`http://127.0.0.1:${gateway.port}${path}`, init)).text();
const admin = (method: string, path: string, body?: unknown): Promise<string> =>
  call(`/admin/api${path}`, {
    method,
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const session = (body: object): Promise<string> =>
  call("/v1/sessions", {
    method: "POST",
    headers: { origin: PAGE_ORIGIN, "content-type": "application/json" },
    body: JSON.stringify({ siteKey: "pk_acme", ...body }),
  });

test("no secret is in logs, refusals, the audit log or on the disk, and the platform's secret can be replaced", async () => {
  const refusals: string[] = [];
  const visitor = JSON.parse(await session({}));
  await session({ visitorToken: visitor.visitorToken });
  const userToken = signToken({ sub: "ada" });
  await session({ userToken, visitorToken: visitor.visitorToken });
  const wrong = signToken({ sub: "ada" }, { secret: "another secret of at least thirty-two characters" });
  refusals.push(await session({ userToken: wrong }), await session({ visitorToken: { of: wrong } }));
  refusals.push(await call(`/v1/chat?token=${wrong}`, {}), await call(`/v1/chat?token=${userToken}`, {}));
  refusals.push(await call("/v1/tokens", { method: "POST", headers: { authorization: `Bearer ${wrong}` } }));
  refusals.push(await call("/admin/api/tenants", { headers: { authorization: `Bearer ${wrong}` } }));
  const made = JSON.parse(await admin("POST", "/tenants/acme/signing-keys", { algorithm: "HS256" }));
  const key = JSON.parse(await admin("POST", "/tenants/acme/api-keys", { name: "Kay", kind: "sk" }));
  await admin("PATCH", "/tenants/acme", {
    challenge: {
      kind: "turnstile",
      siteKey: "1x00",
      secret: CHALLENGE_SECRET,
      verifyUrl: "https://challenges.invalid/siteverify",
    },
  });
  refusals.push(await session({}), await session({ challenge: { token: wrong } }));
  const chat = await connect(gateway.chatUrl, { token: userToken });
  const { conversation } = await chat.ask("hello");
  await chat.frame("done");
  chat.send({ type: "handoff", id: "h", conversation });
  await chat.frame("ok");
  await chat.close();
  const audit = await admin("GET", "/tenants/acme/audit?limit=100");
  const tenant = await admin("GET", "/tenants/acme");
  expect(audit).toContain("signing-key.create");

  const secrets: Record<string, string> = {
    platform: SECRET,
    operator: OPERATOR_KEY,
    acme: ACME_SECRET,
    made: made.secret,
    api: key.key,
    seededApi: ACME_API_KEY,
    admin: ADMIN_KEYS.owner,
    visitorToken: visitor.visitorToken,
    sessionToken: visitor.token,
    userToken,
    wrong,
    challenge: CHALLENGE_SECRET,
  };
  await gateway.end("SIGTERM");
  const disk: string[] = [];
  for (const name of await readdir(folder)) disk.push(await readFile(join(folder, name), "latin1"));
  const places = {
    log: gateway.log.join("\n"),
    refusals: refusals.join("\n"),
    audit,
    tenant,
    disk: disk.join("\n"),
  };
  const found = Object.entries(places).flatMap(([place, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => text.includes(secret))
      .map(([name]) => `${name} in ${place}`),
  );
  expect(found).toEqual([]);
  expect(places.log.length).toBeGreaterThan(0);
  expect(places.disk).toContain("sealed:1:");

  gateway = await start({ PARLANCE_SECRET: NEXT_SECRET, PARLANCE_SECRET_PREVIOUS: SECRET });
  for (const token of [
    signToken({ sub: "ada" }),
    signToken({ sub: "kay" }, { secret: made.secret, kid: made.kid }),
  ]) {
    const client = await connect(gateway.chatUrl, { token });
    await client.close();
  }
  const session2 = await connect(gateway.chatUrl, {
    token: JSON.parse(await session({ userToken })).token,
    origin: PAGE_ORIGIN,
  });
  await session2.close();
  await gateway.end("SIGTERM");

  // What was sealed is sealed anew: the former secret may go.
  gateway = await start({ PARLANCE_SECRET: NEXT_SECRET });
  const last = await connect(gateway.chatUrl, {
    token: signToken({ sub: "kay" }, { secret: made.secret, kid: made.kid }),
  });
  await last.close();
  await gateway.end("SIGTERM");

  gateway = await start({ PARLANCE_SECRET: "a secret that sealed nothing, of nobody's" });
  const refused = await call("/v1/chat", {
    headers: { authorization: `Bearer ${signToken({ sub: "ada" })}` },
  });
  expect(JSON.parse(refused).error.code).toBe("UNAUTHORIZED");
});
