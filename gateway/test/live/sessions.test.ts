import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { SeedFile } from "../../src/tenants/seed.ts";
import { type ManualTime, manualTime } from "./support/manual-time.ts";
import { type SiteGateway, startSiteGateway } from "./support/site-sessions.ts";
import { signToken } from "./support/test-client.ts";
import { PAGE_ORIGIN, TWO_TENANTS } from "./support/test-gateway.ts";

const MINUTE = 60_000;
const SEED: SeedFile = {
  tenants: TWO_TENANTS.tenants.map((tenant) => ({
    ...tenant,
    siteKeys: [
      ...(tenant.siteKeys ?? []),
      { key: `pk_${tenant.id}_2`, allowedOrigins: [PAGE_ORIGIN], name: "second" },
    ],
  })),
};

let users = 0;
const newUser = (): string => `user-${++users}`;

describe("sessions of a site's visitors", () => {
  let gateway: SiteGateway;
  let clock: ManualTime;
  beforeAll(async () => {
    clock = manualTime();
    gateway = await startSiteGateway({ seed: SEED, surroundings: { clock } });
  });
  afterAll(() => gateway.stop());

  /** A customer's token, by the clock of the gateway. */
  const sign = (claims: { sub: string; name?: string }): string => {
    const now = Math.floor(clock.now() / 1000);
    return signToken({ iat: now, exp: now + 600, ...claims });
  };
  const asked = async (token: string, content = "[[sim tokens=3]]"): Promise<string> => {
    const client = await gateway.page(token);
    const { conversation } = await client.ask(content);
    await client.frame("done");
    await client.close();
    return conversation;
  };

  test("a visitor token is replaced by its use, and each brings the same visitor back", async () => {
    const { body: first } = await gateway.session();
    let token: string = first.visitorToken;
    const seen = new Set([token]);
    for (let visit = 0; visit < 4; visit++) {
      const { body } = await gateway.session({ visitorToken: token });
      expect(body.user.id).toBe(first.user.id);
      expect(seen.has(body.visitorToken)).toBe(false);
      token = body.visitorToken;
      seen.add(token);
    }
  });

  test("the former token is good until ten minutes after the new one was used", async () => {
    const { body: first } = await gateway.session();
    const { body: second } = await gateway.session({ visitorToken: first.visitorToken });
    clock.advance(60 * MINUTE);
    const { body: again } = await gateway.session({ visitorToken: first.visitorToken });
    expect(again.user.id).toBe(first.user.id);
    await gateway.session({ visitorToken: second.visitorToken });
    clock.advance(9 * MINUTE);
    const { body: late } = await gateway.session({ visitorToken: first.visitorToken });
    expect(late.user.id).toBe(first.user.id);
  });

  test("a token that comes back later ends the visitor's tokens and sockets, and stands in the audit log", async () => {
    const { body: first } = await gateway.session();
    const { body: second } = await gateway.session({ visitorToken: first.visitorToken });
    const { body: third } = await gateway.session({ visitorToken: second.visitorToken });
    clock.advance(10 * MINUTE + 1);
    const { body: live } = await gateway.session({ visitorToken: third.visitorToken });
    const page = await gateway.page(live.token);
    const { body: thief } = await gateway.session({ visitorToken: first.visitorToken });
    expect(thief.user.id).not.toBe(first.user.id);
    expect(await page.closed).toBe(4401);
    const { body: owner } = await gateway.session({ visitorToken: live.visitorToken });
    expect(owner.user.id).not.toBe(first.user.id);
    expect(await gateway.probe(live.token)).toMatchObject({
      status: 401,
      body: { error: { code: "TOKEN_EXPIRED" } },
    });
    const { body: audit } = await gateway.admin("GET", "/tenants/acme/audit?limit=100");
    const found = JSON.stringify(audit);
    expect(found).toContain("visitor-token.reuse");
    expect(found).toContain(first.user.id);
    expect(found).not.toContain(first.visitorToken);
  });

  test("a token is of one site key of one tenant, and altered it is nothing", async () => {
    const { body: first } = await gateway.session();
    const elsewhere = [
      { siteKey: "pk_acme_2", visitorToken: first.visitorToken },
      { siteKey: "pk_globex_2", visitorToken: first.visitorToken },
      { visitorToken: `${first.visitorToken.slice(0, -2)}AA` },
      { visitorToken: first.token },
      { visitorToken: "" },
    ];
    for (const body of elsewhere) {
      const answer = await gateway.session(body);
      expect(answer.status).toBe(201);
      expect(answer.body.user.id).not.toBe(first.user.id);
    }
    expect((await gateway.session({ visitorToken: first.visitorToken })).body.user.id).toBe(first.user.id);
  });

  test("who signs in brings the conversations along, once, and the visitor is nobody after", async () => {
    const { body: visitor } = await gateway.session();
    const conversation = await asked(visitor.token);
    const open = await gateway.page(visitor.token);
    const user = newUser();
    const userToken = sign({ sub: user, name: "Ada" });
    const { status, body } = await gateway.session({ visitorToken: visitor.visitorToken, userToken });
    expect(status).toBe(201);
    expect(body.user).toEqual({ id: user, name: "Ada", anonymous: false });
    expect(body.visitorToken).toBeUndefined();
    expect(await open.closed).toBe(4401);

    const client = await gateway.page(body.token);
    const ready = client.all("ready")[0];
    expect(ready?.conversation).toBe(conversation);
    expect(ready?.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    const { reply } = await client.ask("[[sim tokens=3]] and more");
    await client.frame("done", (frame) => frame.reply === reply);
    await client.close();

    expect((await gateway.probe(visitor.token)).status).toBe(401);
    const { body: back } = await gateway.session({ visitorToken: visitor.visitorToken });
    expect(back.user.id).not.toBe(visitor.user.id);
    const { body: other } = await gateway.session({
      visitorToken: visitor.visitorToken,
      userToken: sign({ sub: newUser() }),
    });
    const stranger = await gateway.page(other.token);
    expect(stranger.all("ready")[0]).toMatchObject({ conversation: null, messages: [] });
    await stranger.close();
  });

  test("an answer that is being given when its visitor signs in is kept as far as it came", async () => {
    const { body: visitor } = await gateway.session();
    const before = await gateway.page(visitor.token);
    const { reply, conversation } = await before.ask("[[sim tokens=4000 rate=50]]");
    await before.until(() => before.textOf(reply).seq >= 3, "some text");
    const { body } = await gateway.session({
      visitorToken: visitor.visitorToken,
      userToken: sign({ sub: newUser() }),
    });
    const client = await gateway.page(body.token);
    const ready = client.all("ready")[0];
    expect(ready).toMatchObject({ conversation, replies: [] });
    const answer = ready?.messages.at(-1);
    expect(answer).toMatchObject({ id: reply, status: "interrupted" });
    expect(answer?.content.length).toBeGreaterThan(0);
    await client.close();
  });

  test("on a shared computer who comes after a logout finds nothing of who was there", async () => {
    const { body: visitor } = await gateway.session();
    await asked(visitor.token);
    const user = newUser();
    const { body: mine } = await gateway.session({ userToken: sign({ sub: user }) });
    await asked(mine.token);
    const { body: next } = await gateway.session();
    expect([visitor.user.id, user]).not.toContain(next.user.id);
    const client = await gateway.page(next.token);
    expect(client.all("ready")[0]).toMatchObject({ conversation: null, messages: [], replies: [] });
    await client.close();
  });

  test("where only identified users may speak, visitors are refused and those who are there must go", async () => {
    const { body: visitor } = await gateway.session({ siteKey: "pk_globex_2" });
    const open = await gateway.page(visitor.token);
    const { headers } = await gateway.admin("GET", "/tenants/globex");
    expect(headers.get("etag")).not.toBeNull();
    const changed = await gateway.admin("PATCH", "/tenants/globex", { identifiedOnly: true });
    expect(changed.status).toBe(200);
    expect(await open.closed).toBe(4403);
    expect(await gateway.session({ siteKey: "pk_globex_2" })).toMatchObject({
      status: 403,
      body: { error: { code: "FORBIDDEN", message: expect.stringContaining("userToken") } },
    });
    expect((await gateway.probe(visitor.token)).status).toBe(403);
  });
});
