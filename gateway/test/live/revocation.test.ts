import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { SeedFile } from "../../src/tenants/seed.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { type SiteGateway, startSiteGateway } from "./support/site-sessions.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { PAGE_ORIGIN, TWO_TENANTS } from "./support/test-gateway.ts";

const SOCKETS = 100;
/** Milliseconds in which a socket must be gone after what it rests on. */
const AT_ONCE = 1_000;
const OTHER_ORIGIN = "https://www.example.com";

const keyed = (name: string, allowedOrigins = [PAGE_ORIGIN]) => ({
  id: name,
  key: `pk_${name}`,
  name,
  allowedOrigins,
});
const SEED: SeedFile = {
  tenants: [
    ...TWO_TENANTS.tenants.map((tenant) =>
      tenant.id === "acme"
        ? {
            ...tenant,
            siteKeys: [
              keyed("rotated"),
              keyed("graceless"),
              keyed("two_origins", [PAGE_ORIGIN, OTHER_ORIGIN]),
              keyed("kept"),
              keyed("short_grace"),
            ],
          }
        : tenant,
    ),
    { id: "initech", siteKeys: [keyed("initech")] },
  ],
};

/** Two gateways on one archive, as on one machine: what is done at the first is to count at the second. */
describe("what sockets rest on is withdrawn", () => {
  let here: SiteGateway;
  let there: SiteGateway;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlance-revocation-"));
    here = await startSiteGateway({ seed: SEED, dataDirectory: folder });
    there = await startSiteGateway({ seed: SEED, dataDirectory: folder });
  });
  afterAll(async () => {
    await there.gateway.stop();
    await there.upstream.close();
    await here.stop();
  });

  const open = async (
    gateway: SiteGateway,
    siteKey: string,
    count: number,
    origin = PAGE_ORIGIN,
  ): Promise<TestClient[]> => {
    const { status, body } = await gateway.session({ siteKey }, { origin });
    expect(status).toBe(201);
    // A user may have 32 sockets, so that many visitors have some each.
    const tokens = await Promise.all(
      Array.from(
        { length: Math.ceil(count / 10) },
        async () => (await gateway.session({ siteKey }, { origin })).body.token,
      ),
    );
    tokens.push(body.token);
    return Promise.all(
      Array.from({ length: count }, (_, index) =>
        connect(gateway.chatUrl, { token: tokens[index % tokens.length], origin }),
      ),
    );
  };

  /** The close codes of all, and milliseconds until the last was gone. */
  const gone = async (clients: readonly TestClient[]): Promise<{ codes: number[]; took: number }> => {
    const took = measure();
    const codes = await Promise.all(clients.map((client) => client.closed));
    return { codes: [...new Set(codes)], took: took() };
  };

  const allThere = async (clients: readonly TestClient[]): Promise<void> => {
    await Promise.all(clients.map((client) => client.roundTrip()));
  };

  test("a key that is rotated with grace drops nobody; revoked, all are gone within a second, everywhere", async () => {
    const clients = [
      ...(await open(here, "pk_rotated", SOCKETS / 2)),
      ...(await open(there, "pk_rotated", SOCKETS / 2)),
    ];
    const rotated = await here.admin("POST", "/tenants/acme/site-keys/rotated/rotate", { graceSeconds: 600 });
    expect(rotated.status).toBe(201);
    const { key } = rotated.body;
    expect(key).not.toBe("pk_rotated");
    const fresh = await open(here, key, 2);
    const old = await open(there, "pk_rotated", 2);
    await there.session({ siteKey: "pk_nobody" });
    await allThere([...clients, ...fresh, ...old]);

    const ending = gone([...clients, ...fresh, ...old]);
    expect((await here.admin("DELETE", "/tenants/acme/site-keys/rotated")).status).toBeLessThan(300);
    const { codes, took } = await ending;
    expect(codes).toEqual([4403]);
    expect(took).toBeLessThan(AT_ONCE);
    expect((await here.session({ siteKey: key })).status).toBe(401);
  });

  test("a key that is rotated without grace ends its sockets, and its successor's live", async () => {
    const clients = [...(await open(here, "pk_graceless", 3)), ...(await open(there, "pk_graceless", 3))];
    const ending = gone(clients);
    const rotated = await there.admin("POST", "/tenants/acme/site-keys/graceless/rotate", {
      graceSeconds: 0,
    });
    const { codes, took } = await ending;
    expect(codes).toEqual([4403]);
    expect(took).toBeLessThan(AT_ONCE);
    const fresh = await open(there, rotated.body.key, 1);
    await allThere(fresh);
    expect((await there.session({ siteKey: "pk_graceless" })).status).toBe(401);
  });

  test("when the grace is over, sockets of the former key end by themselves", async () => {
    const clients = [...(await open(here, "pk_short_grace", 2)), ...(await open(there, "pk_short_grace", 2))];
    const rotatedAt = performance.now();
    await here.admin("POST", "/tenants/acme/site-keys/short_grace/rotate", { graceSeconds: 1 });
    const { codes, took } = await gone(clients);
    expect(codes).toEqual([4403]);
    expect(performance.now() - rotatedAt).toBeGreaterThan(900);
    expect(took).toBeLessThan(1_000 + AT_ONCE);
  });

  test("an origin that is withdrawn ends its own sockets, and no others", async () => {
    const staying = await open(there, "pk_two_origins", 3);
    const going = await open(there, "pk_two_origins", 3, OTHER_ORIGIN);
    const token = (await here.session({ siteKey: "pk_two_origins" }, { origin: OTHER_ORIGIN })).body.token;
    const ending = gone(going);
    const changed = await here.admin("PATCH", "/tenants/acme/site-keys/two_origins", {
      allowedOrigins: [PAGE_ORIGIN],
    });
    expect(changed.status).toBe(200);
    const { codes, took } = await ending;
    expect(codes).toEqual([4403]);
    expect(took).toBeLessThan(AT_ONCE);
    await allThere(staying);
    expect((await here.probe(token, { origin: OTHER_ORIGIN })).status).toBe(403);
  });

  test("a signing key that is withdrawn ends the sockets of its tokens: with a token of another they may come back", async () => {
    const second = await here.admin("POST", "/tenants/acme/signing-keys", { algorithm: "HS256" });
    expect(second.status).toBe(201);
    const { kid, secret } = second.body;
    const withSecond = signToken({ sub: "kay" }, { kid, secret });
    const going = [
      await connect(here.chatUrl, { token: withSecond }),
      await connect(there.chatUrl, { token: signToken({}, { kid, secret }) }),
    ];
    const staying = await connect(there.chatUrl, { token: signToken() });
    const ending = gone(going);
    expect((await here.admin("DELETE", `/tenants/acme/signing-keys/${kid}`)).status).toBeLessThan(300);
    const { codes, took } = await ending;
    expect(codes).toEqual([4401]);
    expect(took).toBeLessThan(AT_ONCE);
    await staying.roundTrip();
    await staying.close();
  });

  test("a tenant that is deleted ends all of its sockets, and no other's", async () => {
    const clients = [...(await open(here, "pk_initech", 2)), ...(await open(there, "pk_initech", 2))];
    const others = await open(there, "pk_kept", 2);
    const ending = gone(clients);
    const deleted = await here.admin("DELETE", "/tenants/initech");
    expect(deleted.status).toBeLessThan(300);
    const { codes, took } = await ending;
    expect(codes).toEqual([4403]);
    expect(took).toBeLessThan(AT_ONCE);
    await allThere(others);
  });

  test("a user who is erased is gone with 4403", async () => {
    const { body } = await here.session({ siteKey: "pk_kept" });
    const client = await here.page(body.token);
    const ending = gone([client]);
    const erased = await here.admin("DELETE", `/tenants/acme/users/${body.user.id}`);
    expect(erased.status).toBeLessThan(300);
    expect((await ending).codes).toEqual([4403]);
    const back = await here.session({ siteKey: "pk_kept", visitorToken: body.visitorToken });
    expect(back.body.user.id).not.toBe(body.user.id);
  });
});
