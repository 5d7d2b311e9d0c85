import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createChatStore } from "../../src/state/store.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { makeClient } from "./setup.ts";

const SEED = Number(process.env.CHAOS_SEED ?? Date.now() % 2 ** 31);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("stream" as const), chunks: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("send" as const) }) },
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
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
);

interface Plan {
  readonly steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[];
  readonly latencies: readonly number[];
}

async function run({ steps, latencies }: Plan): Promise<void> {
  const gateway = new FakeGateway();
  let draws = 0;
  gateway.latency = () => latencies[draws++ % latencies.length] ?? 0;
  gateway.random = () => ((draws++ * 7919) % 1_000) / 1_000;
  gateway.isHeld = true;
  let asked = 0;
  const sent: string[] = [];
  gateway.answer = (text) => Array.from({ length: 12 }, (_, index) => `${text}.${index} `);

  function load() {
    const { client } = makeClient({}, gateway);
    const { clock } = gateway;
    const store = createChatStore({ client, now: clock.now, timers: clock });
    store.actions.connect();
    return { client, store };
  }
  let page = load();
  const running = () => [...gateway.replies.values()].find(({ reason }) => reason === null);

  for (const action of steps) {
    const reply = running();
    switch (action.kind) {
      case "send":
        sent.push(`q${++asked}`);
        page.store.actions.send(`q${asked}`);
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
        page.store.dispose();
        page.client.destroy();
        page = load();
        break;
      case "reopen":
        if (gateway.conversation !== null) void page.store.actions.openConversation(gateway.conversation);
        break;
    }
    await gateway.clock.advance(0);
  }

  gateway.isOffline = false;
  await gateway.clock.advance(120_000);
  for (const reply of gateway.replies.values()) gateway.finish(reply);
  await gateway.clock.advance(120_000);

  const shown = page.store.snapshot.value.messages.map(({ role, content, progress, delivery }) => {
    return { role, content, state: progress ?? delivery };
  });
  const expected = gateway.list().map(({ role, content }) => {
    return { role, content, state: role === "user" ? "sent" : "complete" };
  });
  expect(shown).toEqual(expected);
  expect(gateway.messages.map(({ content }) => content)).toEqual(sent);
  expect(page.client.outbox).toEqual([]);
  for (const { key, content } of page.store.snapshot.value.messages) {
    expect(page.store.contentOf(key).value).toBe(content);
  }
  page.store.dispose();
  page.client.destroy();
  await gateway.clock.advance(1_000);
  expect(gateway.clock.pending).toBe(0);
}

test(`whatever the network does, the screen shows what the gateway sent, once (CHAOS_SEED=${SEED})`, async () => {
  const plan = fc.record({
    steps: fc.array(step, { minLength: 5, maxLength: 40 }),
    latencies: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 }),
  });
  await fc.assert(fc.asyncProperty(plan, run), { seed: SEED, numRuns: 500 });
}, 60_000);
