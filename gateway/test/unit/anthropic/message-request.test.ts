import { describe, expect, test } from "@jest/globals";
import { toMessageRequest } from "../../../src/adapters/anthropic/message-request.ts";
import { REQUEST } from "./collect.ts";

const EPHEMERAL = { cache_control: { type: "ephemeral" } };

describe("a request in Anthropic's words", () => {
  test("given a short conversation, the system prompt is marked for the cache and the user is a digest", () => {
    expect(toMessageRequest(REQUEST)).toEqual({
      model: "claude-haiku-5-5",
      max_tokens: 1_000,
      stream: true,
      system: [{ type: "text", text: "Be brief.", ...EPHEMERAL }],
      messages: [{ role: "user", content: "Hello" }],
      metadata: { user_id: "digest-of-someone" },
      thinking: { type: "disabled" },
    });
  });

  test("given a long one, its last turn is marked too", () => {
    const turns = [
      { role: "user", content: "x".repeat(5_000) },
      { role: "assistant", content: "I see." },
      { role: "user", content: "And now?" },
    ] as const;
    expect(toMessageRequest({ ...REQUEST, turns }).messages.slice(1)).toEqual([
      { role: "assistant", content: "I see." },
      { role: "user", content: [{ type: "text", text: "And now?", ...EPHEMERAL }] },
    ]);
  });

  test("given no system prompt, none is sent, since an empty one is refused", () => {
    expect(toMessageRequest({ ...REQUEST, system: " " })).not.toHaveProperty("system");
  });

  test("given a model that always thinks or never does, nothing is said about it", () => {
    for (const model of ["claude-opus-5-5", "claude-haiku-4-5-20251001"]) {
      expect(toMessageRequest({ ...REQUEST, model })).not.toHaveProperty("thinking");
    }
  });
});
