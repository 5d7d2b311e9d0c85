import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ErasureReceipt } from "../../src/compliance/erase-user.ts";
import type { UserExport } from "../../src/compliance/export-user.ts";
import { type DynamoDbServer, startDynamoDb } from "../ports/support/dynamodb-server.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { ADMIN_KEYS, type AdminGateway, seedWithAdmins, startAdminGateway } from "./support/admin-client.ts";
import { connect, refusedUpgrade, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_API_KEY, PAGE_ORIGIN } from "./support/test-gateway.ts";

const SECRET_WORDS = "my secret number is 4711";

/** Two tenants; Acme answers the same question in the same context from its cache. */
function seed() {
  const { tenants } = seedWithAdmins();
  return { tenants: tenants.map((tenant) => ({ ...tenant, cache: { exact: true, ttlSeconds: 600 } })) };
}

describe.each(["sqlite", "dynamodb"])("what is held on a user, with the archive in %s", (kind) => {
  let dynamo: DynamoDbServer | null = null;
  let gateway: AdminGateway;
  let users = 0;

  beforeAll(async () => {
    dynamo = kind === "dynamodb" ? await startDynamoDb() : null;
    const environment: Record<string, string> =
      dynamo === null ? {} : { ARCHIVE: "dynamodb", DYNAMODB_ENDPOINT: dynamo.endpoint };
    gateway = await startAdminGateway({ seed: seed(), environment });
  });
  afterAll(async () => {
    await gateway.stop();
    await dynamo?.stop();
  });

  const newUser = (): string => `person ${++users}/ü#`;
  const arrive = (sub: string): Promise<TestClient> =>
    connect(gateway.chatUrl, { token: signToken({ sub }) });
  const answered = async (client: TestClient, content: string) => {
    const ack = await client.ask(content);
    await client.frame("done", ({ reply }) => reply === ack.reply);
    return ack;
  };
  const owner = () => gateway.as(ADMIN_KEYS.owner);
  const exported = async (sub: string): Promise<UserExport> => {
    const { status, body } = await owner()("GET", `/tenants/acme/users/${encodeURIComponent(sub)}/export`);
    expect(status).toBe(200);
    return body;
  };
  const erase = async (sub: string): Promise<ErasureReceipt> => {
    const { status, body } = await owner()("DELETE", `/tenants/acme/users/${encodeURIComponent(sub)}`);
    expect(status).toBe(200);
    return body;
  };

  test("is exported whole: what was replaced, cleared and rated too", async () => {
    const sub = newUser();
    const client = await arrive(sub);
    const first = await answered(client, `${SECRET_WORDS} [[sim tokens=5]]`);
    client.send({ type: "feedback", id: "f", message: first.reply, rating: "down", comment: "wrong" });
    await client.frame("ok", ({ ref }) => ref === "f");
    client.send({ type: "edit", id: "e", message: first.message, content: "rather this [[sim tokens=5]]" });
    const { reply } = await client.frame("ack", ({ id }) => id === "e");
    await client.frame("done", (done) => done.reply === reply);
    client.send({ type: "clear", id: "c", conversation: first.conversation });
    await client.frame("ok", ({ ref }) => ref === "c");
    const everything = await exported(sub);
    expect(everything).toMatchObject({
      format: "parlance.user-export.v1",
      tenant: "acme",
      user: sub,
      feedback: [{ message: first.reply, rating: "down", comment: "wrong" }],
      usage: { answers: 2 },
      erasure: null,
      conversations: [
        {
          id: first.conversation,
          clearedAt: expect.any(String),
          messages: [
            { id: first.message, content: `${SECRET_WORDS} [[sim tokens=5]]`, superseded: true },
            { id: first.reply, superseded: true, to: first.message },
            { content: "rather this [[sim tokens=5]]" },
            { id: reply, role: "assistant" },
          ],
        },
      ],
    });
    await client.close();
  });

  test("goes, and with it what is running, on every socket, within a second", async () => {
    const sub = newUser();
    const token = signToken({ sub });
    const tabs = await Promise.all([
      connect(gateway.chatUrl, { token }),
      connect(gateway.chatUrl, { token }),
    ]);
    const [asking] = tabs;
    await answered(asking, `${SECRET_WORDS} of ${sub} [[sim tokens=5]]`);
    const running = await asking.ask("and now? [[sim tokens=4000 rate=100]]");
    await asking.until(() => asking.textOf(running.reply).seq > 5, "some tokens");
    const aborted = gateway.upstream.requests.at(-1);
    const took = measure();
    const receipt = await erase(sub);
    expect(await Promise.all(tabs.map(({ closed }) => closed))).toEqual([4403, 4403]);
    expect(took()).toBeLessThan(3_000);
    expect(receipt).toMatchObject({ tenant: "acme", user: sub, by: expect.any(String) });
    expect(receipt.counts).toMatchObject({ messages: 4, conversations: 1, requests: 2, answers: 1 });
    expect(Date.parse(receipt.erasedAt)).toBeGreaterThan(Date.parse(receipt.begunAt));
    expect(aborted?.abortedAt).toBeDefined();
    expect(await exported(sub)).toMatchObject({
      conversations: [],
      feedback: [],
      usage: { answers: 0 },
      erasure: { erasedAt: receipt.erasedAt },
    });
    expect(await erase(sub)).toEqual(receipt);
    const { status, body } = await refusedUpgrade(gateway.chatUrl, ["parlance.v1", `bearer.${token}`]);
    expect({ status, code: body.error.code }).toEqual({ status: 403, code: "FORBIDDEN" });
    const listed = await owner()("GET", "/tenants/acme/conversations?limit=100");
    expect(JSON.stringify(listed.body)).not.toContain(sub);
  });

  test("comes back as nobody with a token made since, even of the same id", async () => {
    const sub = newUser();
    const before = await arrive(sub);
    const old = await answered(before, `${SECRET_WORDS} [[sim tokens=5]]`);
    await erase(sub);
    const after = await arrive(sub);
    expect(after.all("ready")[0]).toMatchObject({ conversation: null, messages: [], replies: [] });
    after.send({ type: "resume", id: "r", reply: old.reply, after: 0 });
    expect(await after.frame("error", ({ ref }) => ref === "r")).toMatchObject({ code: "NOT_FOUND" });
    after.send({ type: "open", id: "o", conversation: old.conversation });
    expect(await after.frame("error", ({ ref }) => ref === "o")).toMatchObject({ code: "NOT_FOUND" });
    const { conversation } = await answered(after, "hello again [[sim tokens=5]]");
    const { conversations } = await exported(sub);
    expect(conversations.map(({ id, messages }) => [id, messages.length])).toEqual([[conversation, 2]]);
    await after.close();
  });

  test("is not brought back by what is on its way", async () => {
    const sub = newUser();
    const clients = await Promise.all([arrive(sub), arrive(sub), arrive(sub)]);
    for (const client of clients) await answered(client, `first of ${SECRET_WORDS} [[sim tokens=3]]`);
    const refused = clients.map(async (client, tab) => {
      for (let turn = 0; turn < 30; turn++) {
        try {
          await client.ask(`more ${SECRET_WORDS} [[sim tokens=3]]`, { id: `t${tab}-${turn}` });
        } catch (error) {
          return String(error);
        }
      }
      return "never";
    });
    const receipts = await Promise.all([erase(sub), erase(sub)]);
    for (const reason of await Promise.all(refused)) expect(reason).toMatch(/closed with 4403|FORBIDDEN/);
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([4403, 4403, 4403]);
    expect(receipts[0]).toEqual(receipts[1]);
    expect((await exported(sub)).conversations).toEqual([]);
    const after = await arrive(sub);
    expect(after.all("ready")[0]).toMatchObject({ conversation: null, messages: [], replies: [] });
    await after.close();
  });

  test("is not told to others from a cache any more", async () => {
    const [first, second, third] = await Promise.all([newUser(), newUser(), newUser()].map(arrive));
    if (first === undefined || second === undefined || third === undefined) throw new Error("three came");
    const question = `cached in ${kind}? [[sim tokens=4 seed=77]]`;
    const asked = await answered(first, question);
    await answered(second, question);
    expect(second.all("response")).toHaveLength(1);
    await erase(`person ${users - 2}/ü#`);
    const calls = gateway.upstream.requests.length;
    await answered(third, question);
    expect(third.all("response")).toHaveLength(0);
    expect(gateway.upstream.requests.length).toBe(calls + 1);
    expect(asked.reply).toBeDefined();
    await Promise.all([second.close(), third.close()]);
  });

  test("of a visitor takes the visitor's token along", async () => {
    const url = `http://127.0.0.1:${gateway.gateway.port}/v1/sessions`;
    const session = async (visitorToken?: string) => {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", origin: PAGE_ORIGIN },
        body: JSON.stringify({ siteKey: "pk_acme", ...(visitorToken === undefined ? {} : { visitorToken }) }),
      });
      expect(response.status).toBe(201);
      return (await response.json()) as { token: string; visitorToken: string; user: { id: string } };
    };
    const visit = await session();
    const client = await connect(gateway.chatUrl, { token: visit.token, origin: PAGE_ORIGIN });
    await answered(client, `${SECRET_WORDS} [[sim tokens=3]]`);
    expect(await erase(visit.user.id)).toMatchObject({ counts: { visitor: 1, messages: 2 } });
    expect(await client.closed).toBe(4403);
    const next = await session(visit.visitorToken);
    expect(next.user.id).not.toBe(visit.user.id);
  });

  test("and another tenant's user of the same id is nobody's business", async () => {
    const sub = newUser();
    const client = await arrive(sub);
    await answered(client, `${SECRET_WORDS} [[sim tokens=3]]`);
    const path = `/tenants/globex/users/${encodeURIComponent(sub)}`;
    expect((await owner()("GET", `${path}/export`)).status).toBe(404);
    expect((await owner()("DELETE", path)).status).toBe(404);
    const { body } = await gateway.as(ADMIN_KEYS.stranger)("GET", `${path}/export`);
    expect(body.conversations).toEqual([]);
    expect((await gateway.as(ADMIN_KEYS.stranger)("DELETE", path)).status).toBe(200);
    expect((await exported(sub)).conversations).toHaveLength(1);
    await client.close();
  });

  test("is refused to a customer's back end and to lesser roles", async () => {
    for (const key of [ACME_API_KEY, ADMIN_KEYS.viewer, ADMIN_KEYS.editor]) {
      expect((await gateway.as(key)("DELETE", "/tenants/acme/users/anybody")).status).toBe(403);
    }
  });
});

test("not a word of who was erased is left in the data directory", async () => {
  const gateway = await startAdminGateway({ seed: seed() });
  const client = await connect(gateway.chatUrl, { token: signToken({ sub: "mary" }) });
  for (let turn = 0; turn < 5; turn++) {
    const { reply } = await client.ask(`${SECRET_WORDS} [[sim tokens=40]]`);
    await client.frame("done", (done) => done.reply === reply);
  }
  const found = async (): Promise<string[]> => {
    const names = await readdir(gateway.dataDirectory);
    const contents = await Promise.all(names.map((name) => readFile(join(gateway.dataDirectory, name))));
    return names.filter((_, index) => contents[index]?.includes(SECRET_WORDS));
  };
  expect(await found()).not.toEqual([]);
  await gateway.as(ADMIN_KEYS.owner)("DELETE", "/tenants/acme/users/mary");
  await gateway.gateway.stop();
  expect(await found()).toEqual([]);
  await gateway.stop();
});
