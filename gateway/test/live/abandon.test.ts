import { connect as connectTcp } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { undisturbed } from "../ports/support/lived-clock.ts";
import { until } from "../ports/support/until.ts";
import { prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_API_KEY, startTestGateway, type TestGateway, TWO_TENANTS } from "./support/test-gateway.ts";

const ABANDON_SECONDS = 1;

describe("a user who goes", () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      seed: {
        tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, abandonSeconds: ABANDON_SECONDS })),
      },
    });
  });
  afterAll(() => gateway.stop());

  let users = 0;
  const user = (): string => `leaver-${++users}`;
  const arrive = (sub: string): Promise<TestClient> =>
    connect(gateway.chatUrl, { token: signToken({ sub }) });
  const seedOf = (): number => 500 + users;
  const aborted = () =>
    gateway.upstream.waitFor(
      ({ directives, abortedAt }) => directives.seed === seedOf() && abortedAt !== undefined,
    );
  const isRunning = (): boolean =>
    gateway.upstream.requests.some(
      ({ directives, abortedAt, endedAt }) =>
        directives.seed === seedOf() && abortedAt === undefined && endedAt === undefined,
    );

  test("and stays away is not paid for: what ran and what waited ends as abandoned, the text so far kept", async () => {
    const sub = user();
    const client = await arrive(sub);
    const running = await client.ask(`[[sim tokens=3000 rate=100 seed=${seedOf()}]]`);
    const waiting = await client.ask("and this waits");
    await client.until(() => client.textOf(running.reply).seq > 5, "some text");
    const left = performance.now();
    await client.drop();
    await aborted();
    expect(performance.now() - left).toBeGreaterThan(ABANDON_SECONDS * 1000 - 100);
    const back = await arrive(sub);
    const reasons: unknown[] = [];
    for (const { reply } of [running, waiting]) {
      back.send({ type: "resume", reply, after: 0 });
      reasons.push((await back.frame("done", (done) => done.reply === reply)).reason);
    }
    expect(reasons).toEqual(["abandoned", "abandoned"]);
    const { text } = back.textOf(running.reply);
    expect(text.length).toBeGreaterThan(0);
    expect(expectedText(seedOf(), 3_000).startsWith(text)).toBe(true);
    back.send({ type: "open", id: "o", conversation: running.conversation });
    const { messages } = await back.frame("conversation");
    expect(messages.map(({ status }) => status)).toEqual([undefined, "abandoned", undefined, "abandoned"]);
    expect(messages[1]?.content).toBe(text);
    await back.close();
  });

  test("and comes back in time has lost nothing, however often", () =>
    undisturbed(async () => {
      const sub = user();
      const first = await arrive(sub);
      const ack = await first.ask(`[[sim tokens=400 rate=200 seed=${seedOf()}]]`);
      await first.until(() => first.textOf(ack.reply).seq > 5, "some text");
      await first.drop();
      let last = first;
      // Twice the time after which the user would have been given up.
      const end = performance.now() + 2 * ABANDON_SECONDS * 1000;
      while (performance.now() < end) {
        last = await arrive(sub);
        last.send({ type: "resume", reply: ack.reply, after: 0 });
        const begun = last.frames.length;
        await last.until(() => last.frames.length > begun + 40 || last.all("done").length > 0, "text");
        if (last.all("done").length > 0) break;
        await last.drop();
      }
      last = await arrive(sub);
      last.send({ type: "resume", reply: ack.reply, after: 0 });
      expect((await last.frame("done")).reason).toBe("stop");
      expect(last.textOf(ack.reply).text).toBe(expectedText(seedOf(), 400));
      await last.close();
    }));

  test("on one socket is there on the other", async () => {
    const sub = user();
    const [left, right] = [await arrive(sub), await arrive(sub)];
    const ack = await left.ask(`[[sim tokens=260 rate=200 seed=${seedOf()}]]`);
    await left.drop();
    expect((await right.frame("done")).reason).toBe("stop");
    expect(right.textOf(ack.reply).text).toBe(expectedText(seedOf(), 260));
    await right.close();
  });

  test("before the acknowledgement could reach them is given up all the same", async () => {
    const sub = user();
    const client = await arrive(sub);
    client.send({
      type: "message",
      id: "last-words",
      content: `[[sim tokens=3000 rate=100 seed=${seedOf()}]]`,
    });
    await gateway.upstream.waitFor(({ directives }) => directives.seed === seedOf());
    await client.drop();
    await aborted();
    const back = await arrive(sub);
    const { messages } = await back.frame("ready");
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    back.send({ type: "resume", reply: messages[1]?.id, after: 0 });
    expect((await back.frame("done")).reason).toBe("abandoned");
    await back.close();
  });

  test("and whose return dies in its handshake is given up all the same", () =>
    undisturbed(async () => {
      const sub = user();
      const client = await arrive(sub);
      const ack = await client.ask(`[[sim tokens=3000 rate=100 seed=${seedOf()}]]`);
      await client.until(() => client.textOf(ack.reply).seq > 5, "some text");
      await client.drop();
      for (let tries = 0; tries < 20; tries++) await dieInHandshake(gateway, signToken({ sub }));
      expect(isRunning()).toBe(true);
      await aborted();
    }));
});

/** Asks for a WebSocket and is gone before the answer. */
function dieInHandshake({ gateway }: TestGateway, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(gateway.port, "127.0.0.1");
    socket.once("error", reject);
    socket.once("close", () => resolve());
    const head = [
      "GET /v1/chat HTTP/1.1",
      `Host: 127.0.0.1:${gateway.port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      `Sec-WebSocket-Protocol: parlance.v1, bearer.${token}`,
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n`, () => socket.destroy());
  });
}

test("a user who left one instance before the other is given up once they were gone from the last for long enough", async () => {
  const instances = await prepareInstances({
    tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, abandonSeconds: 2 })),
  });
  try {
    const [left, right] = await Promise.all([instances.start(), instances.start()]);
    let seed = 590;
    await undisturbed(async () => {
      seed++;
      const token = signToken({ sub: `traveller-${seed}` });
      const [here, there] = await Promise.all([
        connect(left.chatUrl, { token }),
        connect(right.chatUrl, { token }),
      ]);
      const { reply } = await here.ask(`[[sim tokens=120 rate=25 seed=${seed}]]`);
      // The answer is the clock, at 25 tokens a second.
      const chunks = (client: TestClient, count: number): Promise<void> =>
        client.until(() => client.textOf(reply).seq >= count, `${count} chunks`);
      const said = (): number =>
        instances.upstream.requests.find(({ directives }) => directives.seed === seed)?.tokensSent ?? 0;
      await chunks(there, 10);
      await here.drop();
      await chunks(there, 45);
      await there.drop();
      await until(() => said() >= 75);
      const back = await connect(right.chatUrl, { token });
      back.send({ type: "resume", reply, after: 0 });
      expect(await back.frame("done")).toMatchObject({ reply, reason: "stop" });
      expect(back.textOf(reply).text).toBe(expectedText(seed, 120));
      await back.close();
    });
  } finally {
    await instances.stop();
  }
});

test("a user whose last socket goes with an instance that dies is given up, wherever their answers run", async () => {
  const instances = await prepareInstances({
    tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, abandonSeconds: ABANDON_SECONDS })),
  });
  try {
    const [dying, owner, other] = await Promise.all([
      instances.start(),
      instances.start(),
      instances.start(),
    ]);
    const question = (seed: number): string => `[[sim tokens=9000 rate=50 seed=${seed}]]`;
    const [ada, bob] = [signToken({ sub: "ada" }), signToken({ sub: "bob" })];
    const withIt = await connect(dying.chatUrl, { token: ada });
    const lost = await withIt.ask(question(620));
    const asking = await connect(owner.chatUrl, { token: bob });
    const reading = await connect(dying.chatUrl, { token: bob });
    const left = await asking.ask(question(621));
    await Promise.all([
      withIt.until(() => withIt.textOf(lost.reply).seq >= 50, "fifty chunks"),
      reading.until(() => reading.textOf(left.reply).seq >= 1, "a chunk"),
    ]);
    await asking.drop();
    await dying.end("SIGKILL");

    const calls = (seed: number) =>
      instances.upstream.requests.filter(({ directives }) => directives.seed === seed);
    const aborted = (seed: number): boolean => calls(seed).every(({ abortedAt }) => abortedAt !== undefined);
    await until(() => calls(620).length === 2 && aborted(620) && aborted(621));
    const pushed = await fetch(`http://127.0.0.1:${other.port}/v1/users/ada/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${ACME_API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ content: "Still there?" }),
    });
    expect(await pushed.json()).toMatchObject({ delivered: false });
    for (const [token, { reply }] of [[ada, lost] as const, [bob, left] as const]) {
      const back = await connect(other.chatUrl, { token });
      back.send({ type: "resume", reply, after: 0 });
      expect(await back.frame("done")).toMatchObject({ reply, reason: "abandoned" });
      await back.close();
    }
  } finally {
    await instances.stop();
  }
});
