import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { undisturbed } from "../../gateway/test/ports/support/lived-clock.ts";
import {
  expectedText,
  simulatedTokens,
  startUpstreamSimulator,
  type UpstreamSimulator,
} from "../upstream-simulator/index.ts";

let simulator: UpstreamSimulator;

beforeEach(async () => {
  simulator = await startUpstreamSimulator({ defaults: { rate: 2_000, tokens: 20 } });
});
afterEach(() => simulator.close());

const HEADERS = { "x-api-key": "k", "anthropic-version": "2026-10-21", "content-type": "application/json" };
const BODY = {
  model: "claude-x",
  max_tokens: 1_000,
  stream: true,
  messages: [{ role: "user", content: "Hi" }],
};

const post = (body: unknown, headers: Record<string, string> = HEADERS, signal?: AbortSignal) =>
  fetch(`${simulator.url}/v1/messages`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
const ask = (text: string, signal?: AbortSignal) =>
  post({ ...BODY, messages: [{ role: "user", content: text }] }, HEADERS, signal);

interface Event {
  readonly type: string;
  readonly delta?: { readonly text?: string; readonly stop_reason?: string };
  readonly usage?: { readonly output_tokens: number };
}
const eventsOf = (body: string): Event[] =>
  [...body.matchAll(/^event: ([^\n]*)\ndata: ([^\n]*)\n\n/gm)].map(([, name, data]) => {
    const event = JSON.parse(data ?? "") as Event;
    expect(event.type).toBe(name);
    return event;
  });
const textOf = (events: readonly Event[]): string => events.map((event) => event.delta?.text ?? "").join("");

describe("a stream", () => {
  test("given a question, the events come in Anthropic's order and the text is the seed's", async () => {
    const response = await ask("Tell me [[sim seed=7 tokens=40]]");
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const events = eventsOf(await response.text());
    expect(events.map((event) => event.type)).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      ...Array.from({ length: 40 }, () => "content_block_delta"),
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(textOf(events)).toBe(expectedText(7, 40));
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: "end_turn" }, usage: { output_tokens: 40 } });
  });

  test("given a small max_tokens, it ends there and says so", async () => {
    const events = eventsOf(await (await post({ ...BODY, max_tokens: 5 })).text());
    expect(events.filter((event) => event.type === "content_block_delta")).toHaveLength(5);
    expect(events.at(-2)?.delta?.stop_reason).toBe("max_tokens");
  });

  test("given a rate, the last token comes at its moment", () =>
    undisturbed(async () => {
      await (await ask("[[sim tokens=21 rate=100]]")).text();
      const record = simulator.requests.at(-1);
      const took = (record?.lastTokenAt ?? 0) - (record?.firstTokenAt ?? 0);
      expect(took).toBeGreaterThanOrEqual(199);
      expect(took).toBeLessThan(400);
    }));

  test.each(["burst", "split=7", "chunk=8", "halves"])("given %s, the text is the same", async (how) => {
    const events = eventsOf(await (await ask(`[[sim seed=3 tokens=60 ${how}]]`)).text());
    expect(textOf(events)).toBe(expectedText(3, 60));
  });

  test("given a hold, it sends so many tokens, and goes on as far as it is told to", async () => {
    const response = await ask("[[sim seed=4 tokens=60 rate=2000 hold-after=7]]");
    const text = response.text();
    for (const sent of [7, 12]) {
      const record = await simulator.waitFor(({ tokensSent }) => tokensSent === sent);
      await (await ask("another, which takes some ticks")).text();
      expect(record.tokensSent).toBe(sent);
      expect(record.endedAt).toBeUndefined();
      simulator.goOn(sent === 7 ? 5 : undefined);
    }
    expect(textOf(eventsOf(await text))).toBe(expectedText(4, 60));
  });

  test("given a client that goes, it stops and notes when", async () => {
    const controller = new AbortController();
    const response = await ask("[[sim tokens=5000 rate=200]]", controller.signal);
    await simulator.waitFor((record) => record.tokensSent >= 5);
    controller.abort();
    await expect(response.text()).rejects.toThrow();
    const record = await simulator.waitFor(({ abortedAt }) => abortedAt !== undefined);
    const { tokensSent } = record;
    expect(tokensSent).toBeLessThan(100);
    await (await ask("another, which takes some ticks")).text();
    expect(record.tokensSent).toBe(tokensSent);
    expect(record.endedAt).toBeUndefined();
  });
});

describe("trouble on command", () => {
  test("given a failure, its status, type and retry-after", async () => {
    const response = await ask("[[sim fail=529 retry-after=2]]");
    expect(response.status).toBe(529);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
  });

  test("given a cut, the connection breaks after those tokens", async () => {
    await expect((await ask("[[sim cut-after=4]]")).text()).rejects.toThrow();
    expect(simulator.requests[0]).toMatchObject({ tokensSent: 4 });
    expect(simulator.requests[0]?.abortedAt).toBeUndefined();
  });

  test("given an error in mid-stream, an error event and the end", async () => {
    const events = eventsOf(await (await ask("[[sim error-after=4 error-type=api_error]]")).text());
    expect(events.at(-1)).toMatchObject({ type: "error", error: { type: "api_error" } });
  });

  test("given directives by header, by queue and by control, each takes effect", async () => {
    expect((await post(BODY, { ...HEADERS, "x-sim": "fail=500" })).status).toBe(500);
    simulator.next({ fail: 429 }, 2);
    expect([(await ask("a")).status, (await ask("b")).status, (await ask("c")).status]).toEqual([
      429, 429, 200,
    ]);
    const control = { method: "POST", body: JSON.stringify({ directives: "fail=503", times: 1 }) };
    expect((await fetch(`${simulator.url}/control`, control)).status).toBe(200);
    expect((await ask("d")).status).toBe(503);
  });

  describe("given an answer that broke off", () => {
    const question = { role: "user", content: "Tell me [[sim seed=9 tokens=60]]" };
    const whole = expectedText(9, 60);
    const begun = whole.slice(0, 101).trimEnd();
    const answer = { role: "assistant", content: begun };
    const rest = async (change: object): Promise<string> =>
      textOf(eventsOf(await (await post({ ...BODY, ...change })).text()));

    test("and a user's message that quotes its end, it goes on from there", async () => {
      const request = { role: "user", content: `It ended with <<<${begun.slice(-50)}>>>. Go on.` };
      expect(begun + (await rest({ messages: [question, answer, request] }))).toBe(whole);
      expect(simulator.requests[0]).toMatchObject({ status: 200, directives: { seed: 9, tokens: 60 } });
    });

    test("and a model that takes an assistant's message in last place, it goes on from there", async () => {
      const prefilled = { model: "claude-haiku-4-5-20251001", messages: [question, answer] };
      expect(begun + (await rest(prefilled))).toBe(whole);
      const blank = { ...prefilled, messages: [question, { ...answer, content: `${begun} ` }] };
      expect((await post({ ...BODY, ...blank })).status).toBe(400);
    });

    test("and another question after it, it answers that", async () => {
      const next = { role: "user", content: `${begun.slice(-50)} [[sim seed=10 tokens=5]]` };
      expect(await rest({ messages: [question, answer, next] })).toBe(expectedText(10, 5));
    });

    test("and told to fail there, it fails only there", async () => {
      const failing = { ...question, content: "[[sim seed=9 tokens=60 go-on-fail=400]]" };
      const request = { role: "user", content: `It ended with <<<${begun.slice(-50)}>>>. Go on.` };
      expect((await post({ ...BODY, messages: [failing] })).status).toBe(200);
      expect((await post({ ...BODY, messages: [failing, answer, request] })).status).toBe(400);
    });
  });

  test("given a directive it does not know, it says so instead of going on", async () => {
    const response = await ask("[[sim tokns=5]]");
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("tokns=5");
  });
});

describe("what Claude refuses", () => {
  const user = { role: "user", content: "Hi" };
  test.each([
    ["an assistant in last place", { messages: [user, { role: "assistant", content: "Sure:" }] }],
    ["no max_tokens", { max_tokens: undefined }],
    ["no messages", { messages: [] }],
    ["empty content", { messages: [{ role: "user", content: "" }] }],
    ["an empty system block", { system: [{ type: "text", text: "" }] }],
    ["a temperature", { temperature: 1 }],
    ["an unknown role", { messages: [{ role: "tool", content: "x" }, user] }],
  ])("given %s, 400 invalid_request_error", async (_, change) => {
    const response = await post({ ...BODY, ...change });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  test("given no key 401, given no version 400, given a bearer key it answers", async () => {
    expect((await post(BODY, { "anthropic-version": "2026-10-21" })).status).toBe(401);
    expect((await post(BODY, { "x-api-key": "k" })).status).toBe(400);
    const bearer = { authorization: "Bearer k", "anthropic-version": "2026-10-21" };
    expect((await post(BODY, bearer)).status).toBe(200);
  });

  test("given two user messages in a row, it answers", async () => {
    expect((await post({ ...BODY, messages: [user, user] })).status).toBe(200);
  });
});

describe("for other processes", () => {
  test("given requests, /control/requests lists them until they are deleted", async () => {
    await (await ask("count me")).text();
    const listed = (await (await fetch(`${simulator.url}/control/requests`)).json()) as unknown[];
    expect(listed).toMatchObject([{ tokensSent: 20, status: 200, body: { model: "claude-x" } }]);
    await fetch(`${simulator.url}/control/requests`, { method: "DELETE" });
    expect(simulator.requests).toHaveLength(0);
  });

  test("given a cached prefix, the second request reads it", async () => {
    const system = [{ type: "text", text: "x".repeat(8_000), cache_control: { type: "ephemeral" } }];
    const usage = async () =>
      (await (await post({ ...BODY, stream: false, system })).json()) as { usage: object };
    expect((await usage()).usage).toMatchObject({
      cache_creation_input_tokens: 2_000,
      cache_read_input_tokens: 0,
    });
    expect((await usage()).usage).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 2_000,
    });
  });
});

describe("the text of a seed", () => {
  test("given fewer tokens, it is how the longer one begins, and no token halves a character", () => {
    expect(expectedText(5, 300).startsWith(expectedText(5, 120))).toBe(true);
    expect(expectedText(5, 300)).not.toBe(expectedText(6, 300));
    expect(simulatedTokens(5, 2_000).every((token) => token !== "" && token.isWellFormed())).toBe(true);
  });
});
