import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { createAnthropicProvider } from "../../../src/adapters/anthropic/provider.ts";
import { ModelError } from "../../../src/ports/model.ts";
import { collect, REQUEST } from "./collect.ts";

const KEY = "sk-ant-never-to-be-seen";
const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

/** Answers with a recorded stream, in pieces of so many bytes. */
function replay(name: string, size = 1_000_000): void {
  const bytes = readFileSync(new URL(`../../fixtures/anthropic/${name}.sse`, import.meta.url));
  const body = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
        controller.close();
      },
    });
  server.use(
    http.post(
      "https://api.anthropic.com/v1/messages",
      () => new HttpResponse(body(), { headers: { "content-type": "text/event-stream" } }),
    ),
  );
}

const kinds = [
  ["node:http", createAnthropicProvider({ apiKey: KEY })],
  ["fetch", createAnthropicProvider({ apiKey: KEY, fetch: (input, init) => fetch(input, init) })],
] as const;

describe.each(kinds)("recorded streams over %s", (_, provider) => {
  test("given a plain answer, start, text and finish with usage", async () => {
    replay("plain");
    const { parts, error } = await collect(provider);
    expect(error).toBeUndefined();
    expect(parts).toEqual([
      { type: "start", model: "claude-haiku-5-5", usage: { inputTokens: 25, cachedInputTokens: 0 } },
      { type: "text", text: "Hello" },
      { type: "text", text: "!" },
      { type: "text", text: " How can I help?" },
      {
        type: "finish",
        reason: "stop",
        usage: { inputTokens: 25, outputTokens: 15, cachedInputTokens: 0 },
      },
    ]);
  });

  test.each([1, 3, 7, 64])("given awkward text in pieces of %d bytes, it is whole", async (size) => {
    replay("awkward-text", size);
    const { text, error } = await collect(provider);
    expect(error).toBeUndefined();
    expect(text).toBe(
      'She said "yes" \\ no\ndata: not an event\n\nevent: nope日本語と🎉a\u2028b\u2029c\u0085d{"type":"message_stop"}',
    );
  });

  test("given surrogate pairs in halves, no part ends in half a character", async () => {
    replay("split-surrogates");
    const { parts, text } = await collect(provider);
    expect(text).toBe("party 🎉 and 🚀 lone \ufffd and last \ufffd");
    expect(
      parts.every((part) => part.type !== "text" || (part.text !== "" && part.text.isWellFormed())),
    ).toBe(true);
  });

  test("given thinking, it is told apart from the answer", async () => {
    replay("thinking");
    const { parts, text } = await collect(provider);
    expect(text).toBe("Four.");
    expect(parts.filter((part) => part.type === "reasoning")).toEqual([
      { type: "reasoning", text: "Let me see: " },
      { type: "reasoning", text: "two and two." },
    ]);
  });

  test.each([
    ["max-tokens", "length"],
    ["window-exceeded", "length"],
    ["refusal", "stop"],
    ["tool-use", "stop"],
  ])("given %s, the reason is %s", async (name, reason) => {
    replay(name);
    const { parts } = await collect(provider);
    expect(parts.at(-1)).toMatchObject({ type: "finish", reason });
  });

  test("given a cached prompt, its three counts are one, and the read part is told", async () => {
    replay("cached-prompt");
    const { parts } = await collect(provider);
    expect(parts[0]).toMatchObject({ usage: { inputTokens: 18_321, cachedInputTokens: 18_000 } });
    expect(parts.at(-1)).toMatchObject({
      usage: { inputTokens: 18_321, outputTokens: 5, cachedInputTokens: 18_000 },
    });
  });

  test("given CRLF, comments and an unknown event, the text is the same", async () => {
    replay("crlf-and-comments", 5);
    expect(await collect(provider)).toMatchObject({ text: "One two", error: undefined });
  });

  test("given more after the end, there is one finish and nothing behind it", async () => {
    replay("after-the-end");
    const { parts, text } = await collect(provider);
    expect(text).toBe("Done.");
    expect(parts.filter((part) => part.type === "finish")).toHaveLength(1);
    expect(parts.at(-1)?.type).toBe("finish");
  });
});

describe.each(kinds)("broken streams over %s", (_, provider) => {
  test.each([
    ["cut-before-stop", "This answer has no"],
    ["cut-within-event", "Half of"],
    ["not-json", "Well"],
    ["no-stop-reason", "Hm"],
  ])("given %s, the text so far and an error, never a finish", async (name, soFar) => {
    replay(name);
    const { parts, text, error } = await collect(provider);
    expect(text).toBe(soFar);
    expect(parts.some((part) => part.type === "finish")).toBe(false);
    expect(error).toMatchObject({ name: "ModelError", code: "UPSTREAM_ERROR", retryable: false });
    expect(String(error)).not.toContain("secret");
  });

  test("given an overload in mid-stream, UPSTREAM_OVERLOADED, retryable only before any text", async () => {
    replay("overloaded-midway");
    expect((await collect(provider)).error).toMatchObject({ code: "UPSTREAM_OVERLOADED", retryable: false });
    replay("overloaded-before-text");
    expect((await collect(provider)).error).toMatchObject({ code: "UPSTREAM_OVERLOADED", retryable: true });
  });
});

describe("refusals", () => {
  const [[, provider]] = kinds;
  const refuse = (status: number, type: string, headers: Record<string, string> = {}): void => {
    const error = { type, message: `invalid key ${KEY} for prompt "Be brief."` };
    server.use(
      http.post("https://api.anthropic.com/v1/messages", () =>
        HttpResponse.json({ type: "error", error, request_id: "req_1" }, { status, headers }),
      ),
    );
  };

  test.each([
    [400, "invalid_request_error", "UPSTREAM_ERROR", false],
    [401, "authentication_error", "UPSTREAM_ERROR", false],
    [402, "billing_error", "UPSTREAM_ERROR", false],
    [403, "permission_error", "UPSTREAM_ERROR", false],
    [404, "not_found_error", "UPSTREAM_ERROR", false],
    [408, "timeout_error", "UPSTREAM_TIMEOUT", true],
    [413, "request_too_large", "UPSTREAM_ERROR", false],
    [429, "rate_limit_error", "UPSTREAM_OVERLOADED", true],
    [500, "api_error", "UPSTREAM_ERROR", true],
    [503, "api_error", "UPSTREAM_ERROR", true],
    [504, "timeout_error", "UPSTREAM_TIMEOUT", true],
    [529, "overloaded_error", "UPSTREAM_OVERLOADED", true],
  ])(
    "given %d %s, %s, retryable %s, and neither key nor prompt in it",
    async (status, type, code, retryable) => {
      refuse(status, type);
      const { parts, error } = await collect(provider);
      expect(parts).toEqual([]);
      expect(error).toBeInstanceOf(ModelError);
      expect(error).toMatchObject({ code, retryable, retryAfter: undefined });
      const told = `${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`;
      expect(told).toContain(`${status} (${type}`);
      expect(told).not.toContain(KEY);
      expect(told).not.toContain(REQUEST.system);
    },
  );

  test("given retry-after in seconds or as a date, the seconds", async () => {
    refuse(429, "rate_limit_error", { "retry-after": "7" });
    expect((await collect(provider)).error).toMatchObject({ retryAfter: 7 });
    refuse(529, "overloaded_error", { "retry-after": new Date(Date.now() + 30_000).toUTCString() });
    const { retryAfter } = (await collect(provider)).error as ModelError;
    expect(retryAfter).toBeGreaterThan(20);
    expect(retryAfter).toBeLessThanOrEqual(31);
  });

  test("given nobody at the other end, UPSTREAM_ERROR that may be tried again", async () => {
    server.use(http.post("https://api.anthropic.com/v1/messages", () => HttpResponse.error()));
    expect((await collect(provider)).error).toMatchObject({ code: "UPSTREAM_ERROR", retryable: true });
  });
});
