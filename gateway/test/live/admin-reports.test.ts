import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADMIN_KEYS, type AdminCall, type AdminGateway, startAdminGateway } from "./support/admin-client.ts";
import { connect, signToken } from "./support/test-client.ts";
import { GLOBEX_SECRET } from "./support/test-gateway.ts";

interface Audited {
  readonly action: string;
  readonly target?: string;
  readonly actor: { readonly kind: string; readonly name?: string };
  readonly details?: Record<string, unknown>;
}

describe("what was used, said and done", () => {
  let gateway: AdminGateway;
  let owner: AdminCall;
  let stranger: AdminCall;
  beforeAll(async () => {
    gateway = await startAdminGateway({ socketServer: "ws" });
    owner = gateway.as(ADMIN_KEYS.owner);
    stranger = gateway.as(ADMIN_KEYS.stranger);
  });
  afterAll(() => gateway.stop());

  const chat = async (token: string, questions: readonly string[]): Promise<string> => {
    const client = await connect(gateway.chatUrl, { token });
    let conversation = "";
    for (const question of questions) {
      const ack = await client.ask(question, conversation === "" ? {} : { conversation });
      conversation = ack.conversation;
      await client.frame("done", ({ reply }) => reply === ack.reply);
    }
    client.socket.close();
    return conversation;
  };
  const globexToken = (sub: string): string =>
    signToken({ tenant_id: "globex", sub }, { secret: GLOBEX_SECRET, kid: "globex-1" });
  const audit = async (call: AdminCall, tenant = "acme"): Promise<readonly Audited[]> =>
    (await call("GET", `/tenants/${tenant}/audit?limit=100`)).body.entries;

  test("usage counts messages, tokens and cost by day and model, at the tenant's own prices", async () => {
    const before = (await owner("GET", "/tenants/acme/usage")).body.total;
    await chat(signToken({ sub: "counted" }), ["[[sim tokens=7]] one", "[[sim tokens=5]] two"]);
    const { status, body } = await owner("GET", "/tenants/acme/usage");
    expect(status).toBe(200);
    expect(body.total.messages - before.messages).toBe(2);
    expect(body.total.outputTokens - before.outputTokens).toBe(12);
    expect(body.total.inputTokens).toBeGreaterThan(before.inputTokens);
    expect(body.total.tokens).toBe(body.total.inputTokens + body.total.outputTokens);
    expect(body.total.cost).toBeGreaterThan(before.cost);
    const today = new Date().toISOString().slice(0, 10);
    expect(body.to).toBe(today);
    expect(body.usage).toContainEqual(expect.objectContaining({ day: today, model: "claude-haiku-5-5" }));

    const prices = { "claude-haiku-5-5": { input: 0, output: 1_000_000 } };
    await gateway.operator("PATCH", "/tenants/acme", { body: { prices } });
    await chat(signToken({ sub: "counted" }), ["[[sim tokens=3]]"]);
    const after = (await owner("GET", "/tenants/acme/usage")).body.total;
    expect(after.cost - body.total.cost).toBeCloseTo(3, 6);
  });

  test("an answer from a cache is a hit and costs nothing", async () => {
    await owner("PATCH", "/tenants/acme", { body: { cache: { exact: true } } });
    await chat(signToken({ sub: "first" }), ["[[sim tokens=4]] the same"]);
    const before = (await owner("GET", "/tenants/acme/usage")).body.total;
    await chat(signToken({ sub: "second" }), ["[[sim tokens=4]] the same"]);
    const after = (await owner("GET", "/tenants/acme/usage")).body.total;
    expect(after).toEqual({ ...before, messages: before.messages + 1, cacheHits: before.cacheHits + 1 });
    await owner("PATCH", "/tenants/acme", { body: { cache: { exact: false } } });
  });

  test.each([
    ["?from=2026-02-01&to=2026-01-01", 400],
    ["?from=2020-01-01&to=2026-01-01", 400],
    ["?from=yesterday", 400],
    ["?from=2026-01-01T12:00:00Z&to=2026-01-02", 200],
    ["?from=2026-01-01&to=2026-01-31", 200],
  ])("usage of %s is %i", async (query, status) => {
    expect((await owner("GET", `/tenants/acme/usage${query}`)).status).toBe(status);
  });

  test("conversations of all users are listed and read, latest first, and every reading is written down", async () => {
    const ann = await chat(signToken({ sub: "ann" }), ["[[sim tokens=2]] Ann asks"]);
    const bob = await chat(signToken({ sub: "bob" }), [
      "[[sim tokens=2]] Bob asks",
      "[[sim tokens=3]] Bob again",
    ]);
    const list = (await owner("GET", "/tenants/acme/conversations?limit=2")).body;
    expect(list.conversations).toMatchObject([
      { id: bob, user: "bob", title: "[[sim tokens=2]] Bob asks" },
      { id: ann, user: "ann", title: "[[sim tokens=2]] Ann asks" },
    ]);
    const read = (await owner("GET", `/tenants/acme/conversations/${bob}`)).body;
    expect(read).toMatchObject({ id: bob, user: "bob", next: null });
    expect(
      read.messages.map(({ role, content }: { role: string; content: string }) => [role, content.slice(-5)]),
    ).toEqual([
      ["user", " asks"],
      ["assistant", expect.any(String)],
      ["user", "again"],
      ["assistant", expect.any(String)],
    ]);
    expect(read.messages[1]).toMatchObject({ to: read.messages[0].id, usage: { outputTokens: 2 } });
    const entries = await audit(owner);
    expect(entries.slice(0, 2)).toMatchObject([
      { action: "conversation.read", target: bob, actor: { kind: "api-key", name: "Acme owner" } },
      { action: "conversation.list", details: { count: 2 } },
    ]);
  });

  test("what a user cleared is gone for the user, and is listed and read here, marked", async () => {
    const token = signToken({ sub: "clearing" });
    const conversation = await chat(token, ["[[sim tokens=2]] regretted"]);
    const client = await connect(gateway.chatUrl, { token });
    client.send({ type: "clear", id: "clear", conversation });
    await client.frame("ok", ({ ref }) => ref === "clear");
    client.send({ type: "open", id: "open", conversation });
    expect(await client.frame("error", ({ ref }) => ref === "open")).toMatchObject({ code: "NOT_FOUND" });
    await client.close();
    const { conversations } = (await owner("GET", "/tenants/acme/conversations?limit=100")).body;
    const found = conversations.find(({ id }: { id: string }) => id === conversation);
    expect(found).toMatchObject({ user: "clearing", clearedAt: expect.any(String) });
    const read = (await owner("GET", `/tenants/acme/conversations/${conversation}`)).body;
    expect(read.clearedAt).toBe(found.clearedAt);
    expect(read.messages).toMatchObject([{ content: "[[sim tokens=2]] regretted" }, { role: "assistant" }]);
  });

  test("a long conversation is read in pages, from its end", async () => {
    const questions = Array.from({ length: 4 }, (_, index) => `[[sim tokens=1]] ${index}`);
    const conversation = await chat(signToken({ sub: "talker" }), questions);
    const seen: string[] = [];
    let after: string | null = "";
    while (after !== null) {
      const query: string = after === "" ? "" : `&after=${after}`;
      const { body } = await owner("GET", `/tenants/acme/conversations/${conversation}?limit=3${query}`);
      seen.unshift(...body.messages.map(({ id }: { id: string }) => id));
      after = body.next;
    }
    expect(seen).toHaveLength(8);
    expect(new Set(seen).size).toBe(8);
  });

  test("nothing of another tenant is in any answer, though ids are the same", async () => {
    const marker = "only-acme-may-see-this";
    const conversation = await chat(signToken({ sub: "ada" }), [`[[sim tokens=2]] ${marker}`]);
    const theirs = await chat(globexToken("ada"), ["[[sim tokens=2]] theirs"]);
    for (const path of [
      "/tenants/acme",
      "/tenants/acme/conversations",
      `/tenants/acme/conversations/${conversation}`,
      `/tenants/globex/conversations/${conversation}`,
      "/tenants/acme/usage",
      "/tenants/acme/audit",
      "/tenants/acme/users/ada/export",
    ]) {
      expect([path, (await stranger("GET", path)).status]).toEqual([path, 404]);
    }
    const own = await stranger("GET", "/tenants/globex/conversations");
    expect(own.body.conversations.map(({ id }: { id: string }) => id)).toEqual([theirs]);
    const exported = await stranger("GET", "/tenants/globex/users/ada/export");
    expect(exported.status).toBe(200);
    expect(JSON.stringify([own.body, exported.body])).not.toContain(marker);
    expect(JSON.stringify(await audit(stranger, "globex"))).not.toMatch(/acme/i);
  });

  test("a user is exported and erased, for good, and both are written down without who it was", async () => {
    await chat(signToken({ sub: "leaving" }), ["[[sim tokens=2]] forget me"]);
    const exported = await owner("GET", "/tenants/acme/users/leaving/export");
    expect(JSON.stringify(exported.body)).toContain("forget me");
    const erased = await owner("DELETE", "/tenants/acme/users/leaving");
    expect(erased.status).toBe(200);
    const after = await owner("GET", "/tenants/acme/users/leaving/export");
    expect(JSON.stringify(after.body)).not.toContain("forget me");
    const { body } = await owner("GET", "/tenants/acme/conversations?limit=100");
    expect(body.conversations.map(({ user }: { user: string }) => user)).not.toContain("leaving");
    const entries = await audit(owner);
    expect(entries.map(({ action }) => action)).toEqual(
      expect.arrayContaining(["user.export", "user.erase"]),
    );
    expect(JSON.stringify(entries)).not.toContain("leaving");
  });

  test("every write is written down with who did it and what, and nothing that was refused is", async () => {
    const before = (await audit(owner)).length;
    const editor = gateway.as(ADMIN_KEYS.editor);
    const key = await editor("POST", "/tenants/acme/site-keys", {
      body: { allowedOrigins: ["https://a.example"] },
    });
    const path = `/tenants/acme/site-keys/${key.body.id}`;
    await editor("PATCH", path, { body: { name: "B" } });
    await editor("POST", `${path}/rotate`, { body: { graceSeconds: 5 } });
    await editor("DELETE", path);
    await editor("PATCH", "/tenants/acme", { body: { name: "Acme Inc." } });
    await editor("PATCH", "/tenants/acme", { body: { tier: "free" } });
    await editor("POST", "/tenants/acme/api-keys", { body: { name: "x", kind: "sk" } });
    const secret = await owner("POST", "/tenants/acme/signing-keys", {
      body: { algorithm: "HS256", kid: "s" },
    });
    const api = await gateway.operator("POST", "/tenants/acme/api-keys", { body: { name: "x", kind: "sk" } });
    const entries = await audit(owner);
    expect(
      entries
        .slice(0, entries.length - before)
        .map(({ action, actor }) => [action, actor.name ?? actor.kind]),
    ).toEqual([
      ["api-key.create", "operator"],
      ["signing-key.create", "Acme owner"],
      ["tenant.update", "Acme editor"],
      ["site-key.revoke", "Acme editor"],
      ["site-key.rotate", "Acme editor"],
      ["site-key.update", "Acme editor"],
      ["site-key.create", "Acme editor"],
    ]);
    expect(entries.find(({ action }) => action === "tenant.update")?.details).toMatchObject({
      fields: ["name"],
    });
    const written = JSON.stringify(entries);
    for (const hidden of [secret.body.secret, api.body.key, key.body.key])
      expect(written).not.toContain(hidden);
  });
});
