import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";
import { contextsOf } from "./support/upstream-calls.ts";

describe("editing and regenerating", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());

  let users = 0;
  const arrive = async (): Promise<[TestClient, TestClient]> => {
    const token = signToken({ sub: `writer-${++users}` });
    return [await connect(gateway.chatUrl, { token }), await connect(gateway.chatUrl, { token })];
  };
  const answered = async (client: TestClient, content: string) => {
    const ack = await client.ask(content);
    await client.frame("done", ({ reply }) => reply === ack.reply);
    return ack;
  };
  const listed = async (client: TestClient, conversation: string) => {
    const id = `list-${Math.random()}`.replace(".", "");
    client.send({ type: "history", id, conversation, limit: 100 });
    return (await client.frame("history", ({ ref }) => ref === id)).messages;
  };
  const question = (number: number): string =>
    `question ${number} [[sim tokens=4 seed=${100 * users + number}]]`;
  const answer = (number: number): string => expectedText(100 * users + number, 4);

  test("an edit drops what follows, cancels what ran or waited there, and is answered from what stands before", async () => {
    const [client, other] = await arrive();
    const first = await answered(client, question(1));
    const second = await answered(client, question(2));
    const running = await client.ask("[[sim tokens=3000 rate=100]] three");
    const waiting = await client.ask("four");
    await client.until(() => client.textOf(running.reply).seq > 2, "some text");
    client.send({ type: "edit", id: "edited", message: second.message, content: question(5) });
    const ack = await client.frame("ack", ({ id }) => id === "edited");
    const { conversation } = first;
    expect(await client.frame("truncate")).toEqual({
      type: "truncate",
      conversation,
      after: first.reply,
      ref: "edited",
    });
    expect(await other.frame("truncate")).toEqual({ type: "truncate", conversation, after: first.reply });
    expect(ack.message).not.toBe(second.message);
    const told = await other.frame("message", ({ message }) => message.id === ack.message);
    expect(told.message).toMatchObject({ clientId: "edited", role: "user", content: question(5) });
    for (const tab of [client, other]) {
      for (const { reply } of [running, waiting]) {
        expect((await tab.frame("done", (done) => done.reply === reply)).reason).toBe("cancelled");
      }
      expect(await tab.frame("done", ({ reply }) => reply === ack.reply)).toMatchObject({ reason: "stop" });
      expect(tab.textOf(ack.reply).text).toBe(answer(5));
    }
    expect(contextsOf(gateway.upstream, question(5)).map(({ turns }) => turns)).toEqual([
      [
        { role: "user", text: question(1) },
        { role: "assistant", text: answer(1) },
        { role: "user", text: question(5) },
      ],
    ]);
    expect((await listed(client, conversation)).map(({ id }) => id)).toEqual([
      first.message,
      first.reply,
      ack.message,
      ack.reply,
    ]);
    await Promise.all([client.close(), other.close()]);
  });

  test("the first question edited leaves nothing before it", async () => {
    const [client, other] = await arrive();
    const first = await answered(client, question(1));
    await answered(client, question(2));
    client.send({ type: "edit", id: "edited", message: first.message, content: question(3) });
    expect(await other.frame("truncate")).toMatchObject({ after: null });
    const ack = await client.frame("ack", ({ id }) => id === "edited");
    await client.frame("done", ({ reply }) => reply === ack.reply);
    expect(contextsOf(gateway.upstream, question(3))[0]?.turns).toHaveLength(1);
    expect((await listed(other, first.conversation)).map(({ content }) => content)).toEqual([
      question(3),
      answer(3),
    ]);
    await Promise.all([client.close(), other.close()]);
  });

  test("regenerating keeps the question, drops what follows, and answers in the same context", async () => {
    const [client, other] = await arrive();
    const first = await answered(client, question(1));
    const second = await answered(client, question(2));
    await answered(client, question(3));
    other.send({ type: "regenerate", id: "anew", message: second.message });
    const ack = await other.frame("ack", ({ id }) => id === "anew");
    expect(ack).toMatchObject({ message: second.message, conversation: second.conversation });
    expect(ack.reply).not.toBe(second.reply);
    expect(await client.frame("truncate")).toMatchObject({ after: second.message });
    await client.frame("done", ({ reply }) => reply === ack.reply);
    expect(client.textOf(ack.reply).text).toBe(answer(2));
    const [before, after] = contextsOf(gateway.upstream, question(2));
    expect(after).toEqual(before);
    expect((await listed(client, second.conversation)).map(({ id }) => id)).toEqual([
      first.message,
      first.reply,
      second.message,
      ack.reply,
    ]);
    await Promise.all([client.close(), other.close()]);
  });

  test("while its answer runs, a question can be answered anew: the first answer ends and leaves no trace", async () => {
    const [client, other] = await arrive();
    const ack = await client.ask(`[[sim tokens=3000 rate=150 seed=${9_000 + users}]] long`);
    await client.until(() => client.textOf(ack.reply).seq > 3, "some text");
    gateway.upstream.next({ tokens: 2 });
    client.send({ type: "regenerate", id: "anew", message: ack.message });
    const anew = await client.frame("ack", ({ id }) => id === "anew");
    expect((await client.frame("done", ({ reply }) => reply === ack.reply)).reason).toBe("cancelled");
    await client.until(() => client.textOf(anew.reply).seq > 3, "some text of the second answer");
    client.send({ type: "cancel", reply: anew.reply });
    await client.frame("done", ({ reply }) => reply === anew.reply);
    const messages = await listed(other, ack.conversation);
    expect(messages.map(({ id }) => id)).toEqual([ack.message, anew.reply]);
    await answered(client, question(7));
    const [context] = contextsOf(gateway.upstream, question(7));
    expect(context?.turns.map(({ text }) => text)).toEqual([
      messages[0]?.content,
      messages[1]?.content,
      question(7),
    ]);
    await Promise.all([client.close(), other.close()]);
  });

  test("sent again, an edit or a regeneration is the one it was, though what it names is gone", async () => {
    const [client, other] = await arrive();
    const first = await answered(client, question(1));
    const edit = { type: "edit", id: "edited", message: first.message, content: question(2) };
    const anew = { type: "regenerate", id: "anew", message: first.message };
    client.send(anew);
    const regenerated = await client.frame("ack", ({ id }) => id === "anew");
    await client.frame("done", ({ reply }) => reply === regenerated.reply);
    client.send(edit);
    const edited = await client.frame("ack", ({ id }) => id === "edited");
    await client.frame("done", ({ reply }) => reply === edited.reply);
    const calls = gateway.upstream.requests.length;
    other.send(edit);
    other.send(anew);
    expect(await other.frame("ack", ({ id }) => id === "edited")).toEqual({ ...edited, duplicate: true });
    expect(await other.frame("ack", ({ id }) => id === "anew")).toEqual({ ...regenerated, duplicate: true });
    other.send({ ...edit, content: "something else" });
    expect(await other.frame("error", ({ ref }) => ref === "edited")).toMatchObject({
      code: "INVALID_FRAME",
    });
    other.send({ ...edit, id: "edited-2" });
    expect(await other.frame("error", ({ ref }) => ref === "edited-2")).toMatchObject({ code: "NOT_FOUND" });
    expect(gateway.upstream.requests).toHaveLength(calls);
    await Promise.all([client.close(), other.close()]);
  });

  test("another user's message, an answer, and what does not exist cannot be edited", async () => {
    const [client] = await arrive();
    const mine = await answered(client, question(1));
    const [stranger] = await arrive();
    for (const [who, message] of [
      [stranger, mine.message],
      [client, mine.reply],
      [client, "no-such-message"],
    ] as const) {
      for (const frame of [
        { type: "edit", id: `e-${message}`, message, content: "changed" },
        { type: "regenerate", id: `r-${message}`, message },
      ]) {
        who.send(frame);
        expect(await who.frame("error", ({ ref }) => ref === frame.id)).toMatchObject({ code: "NOT_FOUND" });
      }
    }
    expect((await listed(client, mine.conversation)).map(({ content }) => content)[0]).toContain(
      "question 1",
    );
    await Promise.all([client.close(), stranger.close()]);
  });
});
