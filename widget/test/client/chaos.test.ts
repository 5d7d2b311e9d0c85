import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createChatStore } from "../../src/state/store.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { FakeBrowser } from "./fake-tabs.ts";
import { makeClient } from "./setup.ts";

const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

const tab = fc.integer({ min: 0, max: 1 });

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("stream" as const), chunks: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const), tab }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("drop" as const),
      code: fc.constantFrom(1006, 1012, 4401, 4429),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("offline" as const), is: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("double" as const), back: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("lose" as const), chunks: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("takeOver" as const), written: fc.integer({ min: 0, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("finish" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("goaway" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const), tab }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const), tab }) },
  // What tabs that share a socket live through besides; to others it is nothing.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("look" as const), tab }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), tab }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("freeze" as const),
      tab,
      ms: fc.integer({ min: 100, max: 6_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("leave" as const),
      tab,
      ms: fc.integer({ min: 0, max: 6_000 }),
    }),
  },
);

interface Plan {
  readonly steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[];
  readonly latencies: readonly number[];
}

async function run({ steps, latencies }: Plan, shareConnection: boolean): Promise<void> {
  const gateway = new FakeGateway();
  const browser = new FakeBrowser();
  let draws = 0;
  gateway.latency = () => latencies[draws++ % latencies.length] ?? 0;
  gateway.random = () => ((draws++ * 7919) % 1_000) / 1_000;
  gateway.isHeld = true;
  let asked = 0;
  const sent: string[] = [];
  gateway.answer = (text) => Array.from({ length: 12 }, (_, index) => `${text}.${index} `);

  function load() {
    const frame = browser.tab(gateway.environment);
    const { client } = makeClient({ environment: frame.environment, shareConnection }, gateway);
    const { clock } = gateway;
    const store = createChatStore({ client, now: clock.now, timers: clock });
    store.actions.connect();
    return { client, store, frame };
  }
  function end(which: number): void {
    tabs[which]?.store.dispose();
    tabs[which]?.client.destroy();
    tabs[which] = load();
  }
  /** Two tabs of one visitor, which share what is stored. */
  const tabs = [load(), load()];
  const running = () => [...gateway.replies.values()].find(({ reason }) => reason === null);

  for (const action of steps) {
    const reply = running();
    switch (action.kind) {
      case "send":
        sent.push(`q${++asked}`);
        tabs[action.tab]?.store.actions.send(`q${asked}`);
        break;
      case "stream":
        if (reply !== undefined) gateway.stream(reply, action.chunks);
        break;
      case "finish":
        if (reply !== undefined) gateway.finish(reply);
        break;
      case "wait":
        await gateway.clock.advance(action.ms);
        break;
      case "drop":
        for (const socket of gateway.openSockets) socket.drop(action.code);
        break;
      case "offline":
        gateway.isOffline = action.is;
        if (action.is) for (const socket of gateway.openSockets) socket.drop();
        break;
      case "double":
        if (reply !== undefined && reply.written > 0) {
          const from = Math.max(0, reply.written - action.back);
          for (const socket of gateway.openSockets) socket.push(reply.token(from, reply.written));
        }
        break;
      case "lose":
        if (reply !== undefined) reply.written = Math.min(reply.chunks.length, reply.written + action.chunks);
        break;
      case "takeOver":
        if (reply !== undefined) {
          const chunks = reply.chunks.map((chunk) => `${chunk.trim()}' `);
          gateway.takeOver(reply, chunks, action.written);
        }
        break;
      case "goaway":
        for (const socket of gateway.openSockets)
          socket.push({ type: "goaway", reconnectIn: 1, reason: "restart" });
        break;
      case "reload":
        end(action.tab);
        break;
      case "crash":
        tabs[action.tab]?.frame.crash();
        end(action.tab);
        break;
      case "look":
        browser.look(tabs[action.tab]?.frame ?? null);
        break;
      case "freeze":
        tabs[action.tab]?.frame.freeze();
        await gateway.clock.advance(action.ms);
        tabs[action.tab]?.frame.thaw();
        break;
      case "leave":
        tabs[action.tab]?.frame.leave();
        await gateway.clock.advance(action.ms);
        tabs[action.tab]?.frame.comeBack();
        break;
      case "reopen":
        if (gateway.conversation !== null) {
          void tabs[action.tab]?.store.actions.openConversation(gateway.conversation);
        }
        break;
    }
    await gateway.clock.advance(0);
  }

  gateway.isOffline = false;
  await gateway.clock.advance(120_000);
  for (const reply of gateway.replies.values()) gateway.finish(reply);
  await gateway.clock.advance(120_000);

  expect(gateway.openSockets).toHaveLength(shareConnection ? 1 : tabs.length);
  const expected = gateway.list().map(({ role, content }) => {
    return { role, content, state: role === "user" ? "sent" : "complete" };
  });
  expect(gateway.messages.map(({ content }) => content).sort()).toEqual(sent.sort());
  for (const { client, store } of tabs) {
    const { messages } = store.snapshot.value;
    const shown = messages.map(({ role, content, progress, delivery }) => {
      return { role, content, state: progress ?? delivery };
    });
    expect(shown).toEqual(expected);
    for (const { key, content } of messages) expect(store.contentOf(key).value).toBe(content);
    expect(client.outbox).toEqual([]);
    store.dispose();
    client.destroy();
  }
  await gateway.clock.advance(1_000);
  expect(gateway.clock.pending).toBe(0);
  expect([browser.holders.size, browser.openChannels]).toEqual([0, []]);
}

test.each([
  ["a socket each", false],
  ["one socket", true],
])(
  `with %s, whatever the network does, the screens show what the gateway sent, once (CHAOS_SEED=${SEED})`,
  async (_, shareConnection) => {
    const plan = fc.record({
      steps: fc.array(step, { minLength: 5, maxLength: 40 }),
      latencies: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, (drawn) => run(drawn, shareConnection)),
      { seed: SEED, numRuns: 500 },
    );
  },
  60_000,
);
