import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";

describe("conversations and what is said about them", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());

  let users = 0;
  const arrive = async (sockets: number): Promise<TestClient[]> => {
    const token = signToken({ sub: `reader-${++users}` });
    return Promise.all(Array.from({ length: sockets }, () => connect(gateway.chatUrl, { token })));
  };
  const answered = async (client: TestClient, content: string, conversation?: string) => {
    const ack = await client.ask(content, conversation === undefined ? {} : { conversation });
    await client.frame("done", ({ reply }) => reply === ack.reply);
    return ack;
  };

  test("a new conversation opens empty, can be asked in, and is the latest from then on", async () => {
    const [client] = (await arrive(1)) as [TestClient];
    const first = await answered(client, "[[sim tokens=1]] first");
    client.send({ type: "open", id: "o1", conversation: "new" });
    const opened = await client.frame("conversation", ({ ref }) => ref === "o1");
    expect(opened).toMatchObject({ mode: "model", messages: [], more: false, replies: [] });
    expect(opened.conversation).not.toBe(first.conversation);
    const second = await answered(client, "[[sim tokens=2 seed=4]] second", opened.conversation);
    expect(second.conversation).toBe(opened.conversation);
    expect((await answered(client, "[[sim tokens=1]] third")).conversation).toBe(opened.conversation);
    client.send({ type: "open", id: "o2", conversation: opened.conversation });
    const again = await client.frame("conversation", ({ ref }) => ref === "o2");
    expect(again.messages.map(({ role, to }) => [role, to])).toEqual([
      ["user", undefined],
      ["assistant", second.message],
      ["user", undefined],
      ["assistant", again.messages[2]?.id],
    ]);
    expect(again.messages[1]).toMatchObject({ id: second.reply, content: expectedText(4, 2) });
    client.send({ type: "open", id: "o3", conversation: "no-such-conversation" });
    expect(await client.frame("error", ({ ref }) => ref === "o3")).toMatchObject({ code: "NOT_FOUND" });
    await client.close();
  });

  test("a conversation that is being answered opens with the answer as it stands, and names the reply", async () => {
    const [client] = (await arrive(1)) as [TestClient];
    const slow = await client.ask("[[sim tokens=3000 rate=200 seed=9]]");
    const waiting = await client.ask("and then");
    await client.until(() => client.textOf(slow.reply).seq > 5, "some text");
    client.send({ type: "open", id: "mid", conversation: slow.conversation });
    const opened = await client.frame("conversation", ({ ref }) => ref === "mid");
    expect(opened.replies).toMatchObject([
      { reply: slow.reply, message: slow.message, state: "streaming" },
      { reply: waiting.reply, message: waiting.message, state: "queued", seq: 0 },
    ]);
    expect(opened.messages.map(({ id, status }) => [id, status])).toEqual([
      [slow.message, undefined],
      [slow.reply, "streaming"],
      [waiting.message, undefined],
      [waiting.reply, "queued"],
    ]);
    expect(opened.messages[1]?.content).toBe(expectedText(9, opened.replies[0]?.seq ?? -1));
    client.send({ type: "cancel" });
    await client.frame("done", ({ reply }) => reply === waiting.reply);
    await client.close();
  });

  test("history goes back page by page, without a message twice or missing", async () => {
    const [client] = (await arrive(1)) as [TestClient];
    const acks = [];
    for (let number = 0; number < 13; number++)
      acks.push(await answered(client, `[[sim tokens=1]] ${number}`));
    const expected = acks.flatMap(({ message, reply }) => [message, reply]);
    const conversation = acks[0]?.conversation ?? "";
    const seen: string[] = [];
    const pages: [number, boolean][] = [];
    for (let page = 0; page < 5; page++) {
      const before = seen[0];
      const id = `page-${page}`;
      client.send({
        type: "history",
        id,
        conversation,
        limit: 6,
        ...(before === undefined ? {} : { before }),
      });
      const { messages, more } = await client.frame("history", ({ ref }) => ref === id);
      seen.unshift(...messages.map((message) => message.id));
      pages.push([messages.length, more]);
    }
    expect(seen).toEqual(expected);
    expect(pages).toEqual([6, 6, 6, 6, 2].map((length, page) => [length, page < 4]));
    client.send({ type: "history", id: "unsaid", conversation });
    expect((await client.frame("history", ({ ref }) => ref === "unsaid")).messages).toHaveLength(20);
    client.send({ type: "history", id: "unknown", conversation, before: "no-such-message" });
    expect(await client.frame("history", ({ ref }) => ref === "unknown")).toMatchObject({ messages: [] });
    client.send({ type: "history", id: "nowhere", conversation: "no-such-conversation" });
    expect(await client.frame("error", ({ ref }) => ref === "nowhere")).toMatchObject({ code: "NOT_FOUND" });
    await client.close();
  });

  test("conversations are listed latest first, with titles, page by page", async () => {
    const [client] = (await arrive(1)) as [TestClient];
    const ids: string[] = [];
    for (const name of ["one", "two", "three", "four", "five"]) {
      client.send({ type: "open", id: `new-${name}`, conversation: "new" });
      const { conversation } = await client.frame("conversation", ({ ref }) => ref === `new-${name}`);
      await answered(client, `${name} [[sim tokens=3 seed=2]]`, conversation);
      ids.unshift(conversation);
    }
    const listed: { id: string; title: string; preview: string }[] = [];
    for (let before: string | null = null, page = 0; page === 0 || before !== null; page++) {
      client.send({
        type: "conversations",
        id: `l${page}`,
        limit: 2,
        ...(before === null ? {} : { before }),
      });
      const answer = await client.frame("conversations", ({ ref }) => ref === `l${page}`);
      expect(answer.more).toBe(answer.next !== null);
      listed.push(...answer.conversations);
      before = answer.next;
    }
    expect(listed.map(({ id }) => id)).toEqual(ids);
    expect(listed[0]).toMatchObject({ title: "five [[sim tokens=3 seed=2]]", preview: expectedText(2, 3) });
    client.send({ type: "conversations", id: "odd", before: "not a cursor" });
    expect(await client.frame("conversations", ({ ref }) => ref === "odd")).toMatchObject({
      conversations: [],
      next: null,
      more: false,
    });
    await client.close();
  });

  test("cleared, it is gone on every tab and for the model, and what ran in it is cancelled", async () => {
    const [left, right] = (await arrive(2)) as [TestClient, TestClient];
    await answered(left, "my number is 4711 [[sim tokens=1]]");
    const running = await left.ask("[[sim tokens=3000 rate=100 seed=3]]");
    await left.until(() => left.textOf(running.reply).seq > 3, "some text");
    const { conversation } = running;
    left.send({ type: "clear", id: "c", conversation });
    await left.frame("ok", ({ ref }) => ref === "c");
    for (const client of [left, right])
      expect(await client.frame("cleared")).toEqual({ type: "cleared", conversation });
    for (const client of [left, right]) {
      const done = await client.frame("done", ({ reply }) => reply === running.reply);
      expect(done.reason).toBe("cancelled");
    }
    await gateway.upstream.waitFor(
      ({ directives, abortedAt }) => directives.seed === 3 && abortedAt !== undefined,
    );
    for (const [frame, answer] of [
      [{ type: "open", id: "open", conversation }, "open"],
      [{ type: "history", id: "history", conversation }, "history"],
      [{ type: "clear", id: "again", conversation }, "again"],
      [{ type: "message", id: "ask", content: "hello", conversation }, "ask"],
    ] as const) {
      left.send(frame);
      expect(await left.frame("error", ({ ref }) => ref === answer)).toMatchObject({ code: "NOT_FOUND" });
    }
    left.send({ type: "conversations", id: "list" });
    expect(await left.frame("conversations")).toMatchObject({ conversations: [], more: false });
    const next = await answered(left, "what is my number? [[sim tokens=1 seed=31]]");
    expect(next.conversation).not.toBe(conversation);
    const call = await gateway.upstream.waitFor(({ directives }) => directives.seed === 31);
    expect(JSON.stringify(call.body)).not.toContain("4711");
    await Promise.all([left.close(), right.close()]);
  });

  test("an answer is rated, rated otherwise and not rated, by its user alone", async () => {
    const [client, other] = (await arrive(2)) as [TestClient, TestClient];
    const [stranger] = (await arrive(1)) as [TestClient];
    const { message, reply, conversation } = await answered(client, "[[sim tokens=1]]");
    const ratings: unknown[] = [];
    for (const [index, rating] of (["up", "down", null] as const).entries()) {
      client.send({ type: "feedback", id: `f${index}`, message: reply, rating, comment: "so so" });
      await client.frame("ok", ({ ref }) => ref === `f${index}`);
      other.send({ type: "history", id: `h${index}`, conversation });
      const { messages } = await other.frame("history", ({ ref }) => ref === `h${index}`);
      ratings.push(messages[1]?.rating);
    }
    expect(ratings).toEqual(["up", "down", undefined]);
    for (const [who, id] of [
      [client, message],
      [client, "no-such-answer"],
      [stranger, reply],
    ] as const) {
      who.send({ type: "feedback", id: `x-${id}`, message: id, rating: "up" });
      expect(await who.frame("error", ({ ref }) => ref === `x-${id}`)).toMatchObject({ code: "NOT_FOUND" });
    }
    await Promise.all([client, other, stranger].map((open) => open.close()));
  });

  test("that a user types is told to the user's other tabs and to nobody else", async () => {
    const [typist, other] = (await arrive(2)) as [TestClient, TestClient];
    const [stranger] = (await arrive(1)) as [TestClient];
    const { conversation } = await answered(typist, "[[sim tokens=1]]");
    typist.send({ type: "typing", active: true, conversation });
    // Where none is named, it is the latest, as for a message.
    typist.send({ type: "typing", active: false });
    stranger.send({ type: "typing", active: true });
    const byUser = (client: TestClient) => client.all("typing").filter(({ by }) => by === "user");
    await other.until(() => byUser(other).length === 2, "typing");
    expect(byUser(other)).toEqual([
      { type: "typing", conversation, active: true, by: "user" },
      { type: "typing", conversation, active: false, by: "user" },
    ]);
    await Promise.all([typist.roundTrip(), stranger.roundTrip()]);
    expect([...byUser(typist), ...byUser(stranger)]).toEqual([]);
    await Promise.all([typist, other, stranger].map((open) => open.close()));
  });

  test("that a person is asked for is said in the conversation, on every tab, and not to the model", async () => {
    const [client, other] = (await arrive(2)) as [TestClient, TestClient];
    const { conversation } = await answered(client, "[[sim tokens=1]]");
    client.send({ type: "handoff", id: "h", conversation, reason: "it is about a refund" });
    await client.frame("ok", ({ ref }) => ref === "h");
    for (const tab of [client, other]) {
      const { message } = await tab.frame("message", (frame) => frame.message.role === "system");
      expect(message.content).toContain("it is about a refund");
    }
    await answered(client, "hello? [[sim tokens=1 seed=77]]", conversation);
    const call = await gateway.upstream.waitFor(({ directives }) => directives.seed === 77);
    expect(JSON.stringify(call.body)).not.toContain("refund");
    other.send({ type: "history", id: "after", conversation });
    const { messages } = await other.frame("history", ({ ref }) => ref === "after");
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "system", "user", "assistant"]);
    client.send({ type: "handoff", id: "none", conversation: "no-such-conversation" });
    expect(await client.frame("error", ({ ref }) => ref === "none")).toMatchObject({ code: "NOT_FOUND" });
    await Promise.all([client.close(), other.close()]);
  });

  test("a fresh token of the same user prolongs the session; any other is refused, and the socket lives on", async () => {
    const now = Math.floor(Date.now() / 1000);
    const sub = "renewing";
    const client = await connect(gateway.chatUrl, { token: signToken({ sub }, { lifeSeconds: 60 }) });
    client.send({ type: "auth", id: "fresh", token: signToken({ sub, exp: now + 900 }) });
    const ok = await client.frame("ok", ({ ref }) => ref === "fresh");
    expect(ok.expiresAt).toBe(new Date((now + 900) * 1000).toISOString());
    for (const [id, token, code] of [
      ["other-user", signToken({ sub: "somebody-else" }), "FORBIDDEN"],
      ["expired", signToken({ sub, iat: now - 900, exp: now - 300 }), "TOKEN_EXPIRED"],
      ["broken", "not.a.jwt", "UNAUTHORIZED"],
    ] as const) {
      client.send({ type: "auth", id, token });
      expect(await client.frame("error", ({ ref }) => ref === id)).toMatchObject({ code });
    }
    await answered(client, "[[sim tokens=1]]");
    await client.close();
  });

  test("lists are cut to what a frame holds, say so, and the rest is read before them", async () => {
    const [client] = (await arrive(1)) as [TestClient];
    const long = "漢".repeat(15_000);
    const acks = [];
    for (let number = 0; number < 8; number++) {
      acks.push(await answered(client, `${number} ${long} [[sim tokens=1]]`));
    }
    const expected = acks.flatMap(({ message, reply }) => [message, reply]);
    const { conversation } = acks[0] ?? { conversation: "" };
    const token = signToken({ sub: `reader-${users}` });
    const later = await connect(gateway.chatUrl, { token });
    const ready = await later.frame("ready");
    later.send({ type: "open", id: "o", conversation });
    later.send({ type: "history", id: "h", conversation, limit: 100 });
    const lists = [
      ready,
      await later.frame("conversation", ({ ref }) => ref === "o"),
      await later.frame("history", ({ ref }) => ref === "h"),
    ];
    for (const { messages, more } of lists) {
      expect(more).toBe(true);
      expect(messages.length).toBeGreaterThan(7);
      expect(messages.map(({ id }) => id)).toEqual(expected.slice(-messages.length));
    }
    const kept = ready.messages.map(({ id }) => id);
    later.send({ type: "history", id: "rest", conversation, limit: 100, before: kept[0] });
    const rest = await later.frame("history", ({ ref }) => ref === "rest");
    expect(rest.more).toBe(false);
    expect([...rest.messages.map(({ id }) => id), ...kept]).toEqual(expected);
    await Promise.all([client.close(), later.close()]);
  });
});
