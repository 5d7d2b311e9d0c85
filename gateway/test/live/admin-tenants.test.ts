import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADMIN_KEYS, type AdminCall, type AdminGateway, startAdminGateway } from "./support/admin-client.ts";
import { connect, signToken } from "./support/test-client.ts";

describe("tenants in the admin API", () => {
  let gateway: AdminGateway;
  let operator: AdminCall;
  let owner: AdminCall;
  beforeAll(async () => {
    gateway = await startAdminGateway({ socketServer: "ws" });
    operator = gateway.operator;
    owner = gateway.as(ADMIN_KEYS.owner);
  });
  afterAll(() => gateway.stop());

  let made = 0;
  const makeTenant = async (
    fields: Record<string, unknown> = {},
  ): Promise<{ id: string; owner: AdminCall }> => {
    const id = `tenant-${++made}`;
    const answer = await operator("POST", "/tenants", { body: { id, name: "A tenant", ...fields } });
    expect(answer.status).toBe(201);
    const key = await operator("POST", `/tenants/${id}/api-keys`, { body: { name: "Ann", kind: "ak" } });
    return { id, owner: gateway.as(key.body.key) };
  };

  test("a tenant is made of an id and a name, with defaults for all else", async () => {
    const answer = await operator("POST", "/tenants", { body: { id: "plain", name: "Plain" } });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.body).toMatchObject({
      id: "plain",
      name: "Plain",
      tier: "professional",
      models: { simple: null, moderate: null, complex: null },
      summaryModel: null,
      allowedModels: null,
      examples: [],
      cache: { exact: true, semantic: false },
      limits: {
        messagesPerMinute: 30,
        messagesPerHour: 500,
        concurrentStreams: 3,
        tokensPerMonth: 1_000_000,
      },
      failover: [],
      takeOver: "restart",
      abandonSeconds: 30,
      identifiedOnly: false,
      retentionDays: null,
      look: {},
      prices: {},
      challenge: { kind: "none" },
    });
    expect((await operator("GET", "/tenants/plain")).body).toEqual(answer.body);
  });

  test("an id is taken once, and not given again after the tenant is deleted", async () => {
    const { id } = await makeTenant();
    const again = { body: { id, name: "Again" } };
    expect((await operator("POST", "/tenants", again)).status).toBe(409);
    expect((await operator("DELETE", `/tenants/${id}`)).status).toBe(204);
    expect((await operator("GET", `/tenants/${id}`)).status).toBe(404);
    expect((await operator("DELETE", `/tenants/${id}`)).status).toBe(404);
    expect((await operator("POST", "/tenants", again)).status).toBe(409);
    const { body } = await operator("GET", `/tenants/${id}/audit`);
    expect(body.entries.map(({ action }: { action: string }) => action)).toEqual([
      "tenant.delete",
      "api-key.create",
      "tenant.create",
    ]);
  });

  test("keys of a deleted tenant are dead", async () => {
    const { id, owner: admin } = await makeTenant();
    expect((await admin("GET", `/tenants/${id}`)).status).toBe(200);
    await operator("DELETE", `/tenants/${id}`);
    expect((await admin("GET", `/tenants/${id}`)).status).toBe(401);
  });

  test("a change merges fields, replaces lists, and leaves what it does not name", async () => {
    const { id } = await makeTenant({
      look: { accent: "#ff0000", title: "Hi" },
      examples: [{ question: "a", answer: "b" }],
    });
    const { body } = await operator("PATCH", `/tenants/${id}`, {
      body: {
        cache: { threshold: 0.8 },
        models: { complex: "claude-sonnet-5-5" },
        look: { title: "Yo" },
        examples: [],
      },
    });
    expect(body).toMatchObject({
      name: "A tenant",
      cache: { exact: true, semantic: false, threshold: 0.8, ttlSeconds: 3_600 },
      models: { simple: null, moderate: null, complex: "claude-sonnet-5-5" },
      examples: [],
      revision: 2,
    });
    expect(body.look).toEqual({ title: "Yo" });
  });

  test("what was read can be sent back as it is, by the tenant's own key too, and changes nothing", async () => {
    const { id, owner: admin } = await makeTenant();
    const { body } = await admin("GET", `/tenants/${id}`);
    const { id: _id, createdAt: _created, updatedAt: _updated, revision, ...writable } = body;
    for (const call of [admin, operator]) {
      const answer = await call("PATCH", `/tenants/${id}`, { body: writable });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(body);
      expect(answer.body.revision).toBe(revision);
    }
  });

  describe("two admins", () => {
    test("do not overwrite each other: who changes what was changed since is told so", async () => {
      const { id } = await makeTenant();
      const etag = (await operator("GET", `/tenants/${id}`)).headers.get("etag") ?? "";
      const change = (name: string, ifMatch: string) =>
        operator("PATCH", `/tenants/${id}`, { body: { name }, headers: { "if-match": ifMatch } });
      const first = await change("First", etag);
      expect(first.status).toBe(200);
      const late = await change("Late", etag);
      expect(late.status).toBe(412);
      expect(late.body.error.code).toBe("PRECONDITION_FAILED");
      expect((await operator("GET", `/tenants/${id}`)).body.name).toBe("First");
      expect((await change("Then", first.headers.get("etag") ?? "")).status).toBe(200);
      expect((await change("Any", "*")).status).toBe(200);
      expect((await change("Listed", `"1", "4"`)).status).toBe(200);
      const gone = await operator("DELETE", `/tenants/${id}`, { headers: { "if-match": etag } });
      expect(gone.status).toBe(412);
    });

    test("who change different fields at once both get their way", async () => {
      const { id } = await makeTenant();
      const changes = [
        { name: "Both" },
        { systemPrompt: "Both." },
        { abandonSeconds: 7 },
        { retentionDays: 9 },
      ];
      const answers = await Promise.all(changes.map((body) => operator("PATCH", `/tenants/${id}`, { body })));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect((await operator("GET", `/tenants/${id}`)).body).toMatchObject({
        name: "Both",
        systemPrompt: "Both.",
        abandonSeconds: 7,
        retentionDays: 9,
        revision: 5,
      });
    });
  });

  describe("a tenant's own key", () => {
    test.each([
      ["tier", "unlimited"],
      ["tier", "free"],
      ["prices", { "claude-haiku-5-5": { input: 0 } }],
      ["allowedModels", ["claude-opus-5-5"]],
    ])("never sets %s to %j", async (field, value) => {
      const { id, owner: admin } = await makeTenant();
      const before = (await admin("GET", `/tenants/${id}`)).body;
      const answer = await admin("PATCH", `/tenants/${id}`, { body: { name: "Sneaky", [field]: value } });
      expect(answer.status).toBe(403);
      expect((await admin("GET", `/tenants/${id}`)).body).toEqual(before);
    });

    test.each([
      ["above the tier's", {}, { messagesPerMinute: 31 }],
      ["to none", {}, { messagesPerHour: null }],
      ["above the operator's", { messagesPerMinute: 5 }, { messagesPerMinute: 6 }],
      [
        "back to the tier's, past the operator's, as its name",
        { concurrentStreams: 1 },
        { concurrentStreams: 3 },
      ],
      ["the monthly budget", {}, { tokensPerMonth: 1_000_001 }],
      [
        "a ceiling over all users",
        { tenant: { messagesPerMinute: 10 } },
        { tenant: { messagesPerMinute: null } },
      ],
    ])("never raises a limit: %s", async (_, limits, wanted) => {
      const { id, owner: admin } = await makeTenant({ limits });
      const before = (await admin("GET", `/tenants/${id}`)).body;
      expect((await admin("PATCH", `/tenants/${id}`, { body: { limits: wanted } })).status).toBe(403);
      expect((await admin("GET", `/tenants/${id}`)).body).toEqual(before);
    });

    test("lowers its limits, and goes back up to what the operator granted, no further", async () => {
      const { id, owner: admin } = await makeTenant({
        limits: { messagesPerHour: 100, tenant: { concurrentStreams: 9 } },
      });
      const set = async (limits: object, by = admin) =>
        await by("PATCH", `/tenants/${id}`, { body: { limits } });
      const lowered = await set({
        messagesPerMinute: 4,
        messagesPerHour: 50,
        tenant: { concurrentStreams: 2 },
      });
      expect(lowered.body.limits).toMatchObject({
        messagesPerMinute: 4,
        messagesPerHour: 50,
        concurrentStreams: 3,
        tenant: { concurrentStreams: 2, messagesPerMinute: null },
      });
      expect((await set({ messagesPerMinute: 6, messagesPerHour: 51 })).body.limits).toMatchObject({
        messagesPerMinute: 6,
        messagesPerHour: 51,
      });
      expect((await set({ messagesPerHour: 101 })).status).toBe(403);
      expect((await set({ tenant: { concurrentStreams: 10 } })).status).toBe(403);
      const back = await set({
        messagesPerMinute: 30,
        messagesPerHour: "tier",
        tenant: { concurrentStreams: 9 },
      });
      expect(back.body.limits).toMatchObject({
        messagesPerMinute: 30,
        messagesPerHour: 100,
        tenant: { concurrentStreams: 9 },
      });
      await set({ messagesPerMinute: 4 });
      expect((await set({ messagesPerMinute: 60 }, operator)).body.limits.messagesPerMinute).toBe(60);
      expect((await set({ messagesPerMinute: 60 })).status).toBe(200);
    });

    test("that lowered a limit is not above a smaller tier that comes later", async () => {
      const { id, owner: admin } = await makeTenant();
      await admin("PATCH", `/tenants/${id}`, { body: { limits: { messagesPerMinute: 20 } } });
      const { body } = await operator("PATCH", `/tenants/${id}`, { body: { tier: "free" } });
      expect(body.limits.messagesPerMinute).toBe(10);
    });

    test("lists its own tenant alone", async () => {
      const { id, owner: admin } = await makeTenant();
      const { body } = await admin("GET", "/tenants");
      expect(body.tenants.map((tenant: { id: string }) => tenant.id)).toEqual([id]);
      expect(body.next).toBeNull();
    });
  });

  test.each([
    ["a model that is not known", { model: "gpt-99" }],
    ["one among several", { models: { simple: "gpt-99" } }],
    ["a summary model", { summaryModel: "gpt-99" }],
    ["a failover", { failover: ["gpt-99"] }],
    ["an allowed one", { allowedModels: ["gpt-99"] }],
  ])("%s is refused", async (_, fields) => {
    const { id } = await makeTenant();
    const answer = await operator("PATCH", `/tenants/${id}`, { body: fields });
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toContain("gpt-99");
  });

  test("models must be among the allowed, whoever says so", async () => {
    const { id, owner: admin } = await makeTenant({ allowedModels: ["claude-haiku-5-5", "simulator"] });
    for (const fields of [
      { model: "claude-opus-5-5" },
      { models: { complex: "claude-opus-5-5" } },
      { summaryModel: "claude-opus-5-5" },
      { failover: ["claude-opus-5-5"] },
    ]) {
      for (const call of [admin, operator]) {
        expect((await call("PATCH", `/tenants/${id}`, { body: fields })).status).toBe(400);
      }
    }
    expect((await admin("PATCH", `/tenants/${id}`, { body: { model: "simulator" } })).status).toBe(200);
    const narrowed = await operator("PATCH", `/tenants/${id}`, {
      body: { allowedModels: ["claude-haiku-5-5"] },
    });
    expect(narrowed.status).toBe(400);
  });

  test("a change is live at once on the gateway that made it", async () => {
    const client = await connect(gateway.chatUrl, { token: signToken() });
    expect((await client.frame("ready")).limits.messagesPerMinute).toBe(120);
    await owner("PATCH", "/tenants/acme", { body: { limits: { messagesPerMinute: 17 } } });
    const next = await connect(gateway.chatUrl, { token: signToken() });
    expect((await next.frame("ready")).limits.messagesPerMinute).toBe(17);
    client.socket.close();
    next.socket.close();
  });

  test("secrets go in and never come out: the challenge's, in no answer and in no audit entry", async () => {
    const secret = "turnstile-secret-0123456789";
    const challenge = { kind: "turnstile", siteKey: "0x4AAA", secret };
    const { id } = await makeTenant({ challenge });
    const answers = [
      await operator("GET", `/tenants/${id}`),
      await operator("PATCH", `/tenants/${id}`, { body: { challenge } }),
      await operator("GET", "/tenants?limit=100"),
      await operator("GET", `/tenants/${id}/audit`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain(secret);
    expect(answers[0]?.body.challenge).toMatchObject({ kind: "turnstile", siteKey: "0x4AAA" });
  });

  test("lists go on where the page before ended", async () => {
    for (let count = 0; count < 3; count++) await makeTenant();
    const seen: string[] = [];
    let after: string | null = "";
    while (after !== null) {
      const { body } = await operator("GET", `/tenants?limit=2${after === "" ? "" : `&after=${after}`}`);
      seen.push(...body.tenants.map(({ id }: { id: string }) => id));
      after = body.next;
    }
    expect(seen).toEqual([...new Set(seen)].toSorted());
    expect(seen).toEqual(expect.arrayContaining(["acme", "globex", "demo"]));
  });

  test.each([
    ["an unknown field", { nmae: "x" }],
    ["a wrong type", { abandonSeconds: "soon" }],
    ["a name too long", { name: "x".repeat(201) }],
    ["a fraction of a limit", { limits: { messagesPerMinute: 1.5 } }],
    ["an unknown tier", { tier: "gold" }],
  ])("%s is 400, and the message names the field", async (_, body) => {
    const answer = await operator("PATCH", "/tenants/globex", { body });
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toMatch(/`|nmae/);
  });
});
