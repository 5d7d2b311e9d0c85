import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { until } from "../ports/support/until.ts";
import { OPERATOR_KEY } from "./support/admin-client.ts";
import { type Balancer, startBalancer } from "./support/balancer.ts";
import { HeadlessUser } from "./support/headless-user.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { ACME_API_KEY, PAGE_ORIGIN } from "./support/test-gateway.ts";

/** Milliseconds within which every instance acts on a change. */
const LIVE = 1_000;

describe("three instances behind a balancer that sends every call and socket to the next one", () => {
  let instances: Instances;
  let balancer: Balancer;
  beforeAll(async () => {
    instances = await prepareInstances();
    balancer = await startBalancer();
    const environment = { PARLANCE_ADMIN_KEY: OPERATOR_KEY };
    const three = await Promise.all([1, 2, 3].map(() => instances.start(environment)));
    for (const instance of three) await balancer.add(instance);
  });
  afterAll(async () => {
    await balancer.close();
    await instances.stop();
  });

  const call = async (method: string, path: string, key: string | null, body?: object) => {
    const response = await fetch(`${balancer.url}${path}`, {
      method,
      headers: {
        origin: PAGE_ORIGIN,
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
  /** What the next three calls, one to each instance, answer. */
  const everywhere = async <Answer>(once: () => Promise<Answer>): Promise<Answer[]> => [
    await once(),
    await once(),
    await once(),
  ];
  const ended = async (client: TestClient, reply: string): Promise<void> => {
    await client.frame("done", (done) => done.reply === reply);
  };

  test("a visitor's session is good on each, and renewed on another than the one that made it", async () => {
    const { status, body: first } = await call("POST", "/v1/sessions", null, { siteKey: "pk_acme" });
    expect(status).toBe(201);
    const probes = await everywhere(() => call("GET", "/v1/chat", first.token));
    expect(probes.map((probe) => probe.status)).toEqual([204, 204, 204]);
    const page = await connect(balancer.chatUrl, { token: first.token, origin: PAGE_ORIGIN });
    let { visitorToken } = first;
    for (let renewal = 0; renewal < 4; renewal++) {
      const { body } = await call("POST", "/v1/sessions", null, { siteKey: "pk_acme", visitorToken });
      expect(body.user).toEqual(first.user);
      visitorToken = body.visitorToken;
      page.send({ type: "auth", id: `auth-${renewal}`, token: body.token });
      await page.frame("ok", ({ ref }) => ref === `auth-${renewal}`);
    }
    await page.close();
  });

  test("a socket that drops again and again mid-answer goes on elsewhere at the exact chunk; the model is asked once", async () => {
    const token = signToken({ sub: "wanderer" });
    let client = await connect(balancer.chatUrl, { token });
    const { reply } = await client.ask("[[sim tokens=240 rate=120 seed=301 hold-after=40]]");
    let held = { text: "", seq: 0 };
    for (let drops = 0; drops < 6; drops++) {
      const from = held;
      const gained = (): { text: string; seq: number } => textAfter(client, reply, from);
      await client.until(() => gained().seq >= from.seq + 20, "twenty more chunks");
      await client.drop();
      held = gained();
      client = await connect(balancer.chatUrl, { token });
      client.send({ type: "resume", reply, after: held.seq });
      instances.upstream.goOn(20);
    }
    instances.upstream.goOn();
    await ended(client, reply);
    expect(textAfter(client, reply, held).text).toBe(expectedText(301, 240));
    const calls = instances.upstream.requests.filter(({ directives }) => directives.seed === 301);
    expect(calls).toHaveLength(1);
    await client.close();
  });

  test("cancel, edit, regenerate and history are each taken by another instance than the one before", async () => {
    const token = signToken({ sub: "editor" });
    const elsewhere = async <Result>(work: (client: TestClient) => Promise<Result>): Promise<Result> => {
      const client = await connect(balancer.chatUrl, { token });
      try {
        return await work(client);
      } finally {
        await client.close();
      }
    };
    const first = await elsewhere(async (client) => {
      const ack = await client.ask("[[sim tokens=20 rate=500 seed=311]]");
      await ended(client, ack.reply);
      return ack;
    });
    const { conversation } = first;
    const long = await elsewhere((client) =>
      client.ask("[[sim tokens=5000 rate=50 seed=312]]", { conversation }),
    );
    await elsewhere(async (client) => {
      client.send({ type: "cancel", id: "stop", reply: long.reply });
      await client.frame("ok", ({ ref }) => ref === "stop");
      client.send({ type: "resume", reply: long.reply, after: 0 });
      expect(await client.frame("done", (done) => done.reply === long.reply)).toMatchObject({
        reason: "cancelled",
      });
    });
    const asks = async (client: TestClient, frame: { id: string } & Record<string, unknown>) => {
      client.send(frame);
      const ack = await client.frame("ack", ({ id }) => id === frame.id);
      await ended(client, ack.reply);
      return { ...ack, text: client.textOf(ack.reply).text };
    };
    const edited = await elsewhere((client) =>
      asks(client, {
        type: "edit",
        id: "edit-1",
        message: long.message,
        content: "[[sim tokens=30 rate=500 seed=313]]",
      }),
    );
    expect(edited.text).toBe(expectedText(313, 30));
    const again = await elsewhere((client) =>
      asks(client, { type: "regenerate", id: "again-1", message: edited.message }),
    );
    expect(again.text).toBe(expectedText(313, 30));
    const lists = await everywhere(() =>
      elsewhere(async (client) => {
        client.send({ type: "history", id: "all", conversation, limit: 20 });
        const { messages } = await client.frame("history");
        return messages.map(({ id, content }) => ({ id, content }));
      }),
    );
    const shown = [
      { id: first.message, content: "[[sim tokens=20 rate=500 seed=311]]" },
      { id: first.reply, content: expectedText(311, 20) },
      { id: edited.message, content: "[[sim tokens=30 rate=500 seed=313]]" },
      { id: again.reply, content: expectedText(313, 30) },
    ];
    expect(lists).toEqual([shown, shown, shown]);
  });

  test("what a back end pushes is made once and reaches the user, whichever instance is called", async () => {
    const client = await connect(balancer.chatUrl, { token: signToken({ sub: "pushed" }) });
    const push = () =>
      call("POST", "/v1/users/pushed/messages", ACME_API_KEY, { id: "news-1", content: "It left." });
    const answers = await everywhere(push);
    for (const { status, body } of answers) {
      expect(status).toBe(201);
      expect(body).toEqual({ ...answers[0]?.body, delivered: true });
    }
    expect(await client.frame("message")).toMatchObject({ message: { id: "news-1", content: "It left." } });
    await client.roundTrip();
    expect(client.all("message")).toHaveLength(1);
    await client.close();
  });

  test("what the admin API writes through one instance is read on each of them within a second", async () => {
    const made = await call("POST", "/admin/api/tenants/acme/site-keys", OPERATOR_KEY, {
      allowedOrigins: [PAGE_ORIGIN],
    });
    const shown = measure();
    const mint = () => call("POST", "/v1/sessions", null, { siteKey: made.body.key });
    const all = async (status: number): Promise<boolean> =>
      (await everywhere(mint)).every((answer) => answer.status === status);
    await until(() => all(201));
    expect(shown()).toBeLessThan(LIVE);
    await call("PATCH", "/admin/api/tenants/acme", OPERATOR_KEY, { name: "Acme of three" });
    const names = await everywhere(() => call("GET", "/admin/api/tenants/acme", OPERATOR_KEY));
    expect(names.map(({ body }) => body.name)).toEqual(Array(3).fill("Acme of three"));
    await call("DELETE", `/admin/api/tenants/acme/site-keys/${made.body.id}`, OPERATOR_KEY);
    const gone = measure();
    await until(() => all(401));
    expect(gone()).toBeLessThan(LIVE);
  });

  test("the headless client's users ask, lose their network twice and come back elsewhere: every text exact, every end told once", async () => {
    const users = Array.from(
      { length: 8 },
      (_, index) =>
        new HeadlessUser({
          gateway: balancer.url,
          entry: index % 2 === 0 ? { siteKey: "pk_acme" } : { token: () => signToken({ sub: `h-${index}` }) },
        }),
    );
    // The first answer of each is under way when the network is lost the first time.
    instances.upstream.next({ holdAfter: 50 }, users.length);
    const asked = await Promise.all(
      users.map(async (user, index) => {
        await user.client.connect();
        const seeds = [320 + 2 * index, 321 + 2 * index];
        const [first, second] = seeds.map((seed) => user.ask(`[[sim tokens=100 rate=60 seed=${seed}]]`));
        return { user, seeds, acks: [await first, await second] };
      }),
    );
    for (const share of [20, 60]) {
      await Promise.all(
        asked.map(({ user, seeds, acks }) =>
          user.until(() => {
            const held = acks.map((ack) => user.answer(ack?.reply ?? "").text).join("");
            return held.length >= (expectedText(seeds[0] ?? 0, 100).length * share) / 100;
          }),
        ),
      );
      balancer.dropSockets();
      await Promise.all(
        users.map((user) => user.until(() => user.states.at(-1)?.state.status === "waiting")),
      );
      instances.upstream.goOn();
      await Promise.all(users.map((user) => user.until(() => user.states.at(-1)?.state.status === "live")));
    }
    for (const { user, seeds, acks } of asked) {
      for (const [index, ack] of acks.entries()) {
        const { reply = "" } = ack ?? {};
        await user.until(() => user.answer(reply).ends.length > 0);
        expect(user.answer(reply)).toEqual({ text: expectedText(seeds[index] ?? 0, 100), ends: ["stop"] });
      }
      expect(user.all("error")).toEqual([]);
      expect(user.states.filter(({ state }) => state.status === "waiting")).toHaveLength(2);
      user.client.destroy();
    }
  });

  test("and each of the three had its share", () => {
    for (const counts of [balancer.calls, balancer.sockets]) {
      const shares = [...counts.values()];
      expect(shares).toHaveLength(3);
      expect(Math.max(...shares)).toBeLessThan(2 * Math.min(...shares));
    }
  });
});

/** The text of a reply that was held when a socket opened, and what that socket added. */
function textAfter(
  client: TestClient,
  reply: string,
  held: { text: string; seq: number },
): { text: string; seq: number } {
  let { text, seq } = held;
  for (const frame of client.frames) {
    if (!("reply" in frame) || frame.reply !== reply) continue;
    if (frame.type === "snapshot") ({ content: text, seq } = frame);
    if (frame.type !== "token") continue;
    if (frame.seq - (frame.n ?? 1) !== seq) throw new Error(`a gap: ${seq}, then ${frame.seq}`);
    text += frame.content;
    seq = frame.seq;
  }
  return { text, seq };
}
