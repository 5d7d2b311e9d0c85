import { getEventListeners } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  expectedText,
  startUpstreamSimulator,
  type UpstreamSimulator,
} from "../../../../scripts/upstream-simulator/index.ts";
import { createAnthropicProvider } from "../../../src/adapters/anthropic/provider.ts";
import type { ModelProvider } from "../../../src/ports/model.ts";
import { asking, collect, REQUEST } from "./collect.ts";

let upstream: UpstreamSimulator;
let provider: ModelProvider;

beforeAll(async () => {
  upstream = await startUpstreamSimulator({ apiKey: "key", defaults: { rate: 2_000 } });
  provider = createAnthropicProvider({ apiKey: "key", baseURL: upstream.url });
});
afterAll(() => upstream.close());
beforeEach(() => upstream.reset());

describe("the SDK against an upstream that speaks Anthropic", () => {
  test.each(["", "burst", "split=41", "chunk=40", "halves", "thinking=10"])(
    "given a stream (%s), the text is exactly the upstream's",
    async (how) => {
      const { text, error, parts } = await collect(provider, asking(`[[sim seed=11 tokens=150 ${how}]]`));
      expect(error).toBeUndefined();
      expect(text).toBe(expectedText(11, 150));
      expect(parts[0]?.type).toBe("start");
      expect(parts.at(-1)).toMatchObject({ type: "finish", reason: "stop" });
    },
  );

  test("given a model that may write little, the reason is length", async () => {
    const { parts } = await collect(provider, { ...REQUEST, maxOutputTokens: 5 });
    expect(parts.at(-1)).toMatchObject({ reason: "length", usage: { outputTokens: 5 } });
  });

  test("given a long prompt twice, the second is read from the cache", async () => {
    const long = { ...REQUEST, system: "Know this. ".repeat(800) };
    await collect(provider, long);
    const { parts } = await collect(provider, long);
    const [start] = parts;
    if (start?.type !== "start") throw new Error("no start");
    expect(start.usage?.cachedInputTokens).toBeGreaterThan(2_000);
    expect(start.usage?.inputTokens).toBeGreaterThanOrEqual(start.usage?.cachedInputTokens ?? 0);
  });

  test("given calls one after the other, they share a connection", async () => {
    for (let turn = 0; turn < 3; turn++) await collect(provider, asking("[[sim tokens=3]]"));
    expect(new Set(upstream.requests.map(({ connection }) => connection)).size).toBe(1);
  });

  test("given an assistant in last place, it is refused and may not be tried again", async () => {
    const turns = [...REQUEST.turns, { role: "assistant", content: "Well" }] as const;
    expect((await collect(provider, { ...REQUEST, turns })).error).toMatchObject({
      code: "UPSTREAM_ERROR",
      retryable: false,
    });
  });

  test("given a wrong key, it is refused without the key in the message", async () => {
    const stranger = createAnthropicProvider({ apiKey: "sk-wrong", baseURL: upstream.url });
    const { error } = await collect(stranger);
    expect(error).toMatchObject({ code: "UPSTREAM_ERROR", retryable: false });
    expect(String(error)).toMatch(/401 \(authentication_error, req_\d+\)/);
  });
});

describe("an upstream in trouble", () => {
  test.each([
    ["cut-after=7", "UPSTREAM_ERROR", false],
    ["end-after=7", "UPSTREAM_ERROR", false],
    ["error-after=7", "UPSTREAM_OVERLOADED", false],
    ["error-after=7 error-type=api_error", "UPSTREAM_ERROR", false],
    ["cut-after=0", "UPSTREAM_ERROR", true],
    ["reset", "UPSTREAM_ERROR", true],
    ["fail=529 retry-after=3", "UPSTREAM_OVERLOADED", true],
  ])("given %s, %s, retryable %s, and no finish", async (how, code, retryable) => {
    const { error, parts, text } = await collect(provider, asking(`[[sim seed=2 tokens=60 ${how}]]`));
    expect(error).toMatchObject({ name: "ModelError", code, retryable });
    expect(parts.some((part) => part.type === "finish")).toBe(false);
    expect(expectedText(2, 7).startsWith(text)).toBe(true);
    expect(text !== "").toBe(how.endsWith("7") || how.includes("=7 "));
  });

  test("given silence before the first event or between two, UPSTREAM_TIMEOUT and the connection is gone", async () => {
    const impatient = createAnthropicProvider({
      apiKey: "key",
      baseURL: upstream.url,
      patience: { firstEvent: 60, nextEvent: 60 },
    });
    for (const how of ["delay=60000", "stall-after=3"]) {
      upstream.reset();
      const { error } = await collect(impatient, asking(`[[sim ${how}]]`));
      expect(error).toMatchObject({ code: "UPSTREAM_TIMEOUT", retryable: how.startsWith("delay") });
      await upstream.waitFor((record) => record.abortedAt !== undefined);
    }
  });

  test("given nobody who listens, UPSTREAM_ERROR that may be tried again", async () => {
    const gone = await startUpstreamSimulator();
    await gone.close();
    const lonely = createAnthropicProvider({ apiKey: "key", baseURL: gone.url });
    const { error } = await collect(lonely);
    expect(error).toMatchObject({ code: "UPSTREAM_ERROR", retryable: true });
    expect(String(error)).toContain("ECONNREFUSED");
  });

  test("given a kept connection that the upstream has closed, the next call takes another", async () => {
    const first = await startUpstreamSimulator();
    const steady = createAnthropicProvider({ apiKey: "key", baseURL: first.url });
    expect((await collect(steady, asking("[[sim tokens=3]]"))).error).toBeUndefined();
    await first.close();
    const second = await startUpstreamSimulator({ port: first.port });
    expect((await collect(steady, asking("[[sim tokens=3]]"))).error).toBeUndefined();
    await second.close();
  });
});

describe("abort", () => {
  test("given an abort in mid-stream, the upstream sees it within milliseconds and writes no more", async () => {
    const delays: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      upstream.reset();
      const controller = new AbortController();
      const reason = new Error("enough");
      const call = collect(provider, asking("[[sim tokens=4000 rate=500]]"), controller.signal);
      await upstream.waitFor((record) => record.tokensSent >= 5);
      const abortedAt = performance.timeOrigin + performance.now();
      controller.abort(reason);
      const { error, parts } = await call;
      expect(error).toBe(reason);
      expect(parts.some((part) => part.type === "finish")).toBe(false);
      const record = await upstream.waitFor((one) => one.abortedAt !== undefined);
      delays.push((record.abortedAt ?? 0) - abortedAt);
      const sent = record.tokensSent;
      expect((await collect(provider, asking("[[sim tokens=20 rate=1000]]"))).error).toBeUndefined();
      expect(record.tokensSent).toBe(sent);
    }
    delays.sort((a, b) => a - b);
    expect(delays[10]).toBeLessThan(5);
  });

  test("given an abort before the answer, the request is dropped", async () => {
    const controller = new AbortController();
    const call = collect(provider, asking("[[sim delay=60000]]"), controller.signal);
    await upstream.waitFor(() => true);
    controller.abort("stop");
    expect(await call).toMatchObject({ error: "stop", parts: [] });
    await upstream.waitFor((record) => record.abortedAt !== undefined);
  });

  test("given a signal that is aborted already, nothing is asked", async () => {
    expect((await collect(provider, REQUEST, AbortSignal.abort("never"))).error).toBe("never");
    expect(upstream.requests).toHaveLength(0);
  });

  test("given an abort from within the sink, the sink is not called again though more had been read", async () => {
    const controller = new AbortController();
    let calls = 0;
    const sink = (): void => {
      calls++;
      if (calls === 3) controller.abort("mine");
    };
    const call = provider.stream(asking("[[sim tokens=50 burst]]"), sink, controller.signal);
    await expect(call).rejects.toBe("mine");
    expect(calls).toBe(3);
  });

  test("given many calls on one signal, well or ill, no listener stays on it", async () => {
    const { signal } = new AbortController();
    for (const how of ["tokens=3", "fail=500", "cut-after=2", "error-after=2", "reset"]) {
      await collect(provider, asking(`[[sim ${how}]]`), signal);
    }
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  test("given a sink that throws, that error comes out and the upstream is left", async () => {
    const mistake = new TypeError("in the sink");
    const sink = (): void => {
      throw mistake;
    };
    const { signal } = new AbortController();
    await expect(provider.stream(asking("[[sim tokens=4000]]"), sink, signal)).rejects.toBe(mistake);
    await upstream.waitFor((record) => record.abortedAt !== undefined);
  });
});
