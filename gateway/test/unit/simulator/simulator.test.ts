import { getEventListeners } from "node:events";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { SIMULATED_NOTE } from "../../../src/adapters/simulator/answer.ts";
import { paced } from "../../../src/adapters/simulator/pace.ts";
import { countTokens, tokenPieces } from "../../../src/adapters/simulator/pieces.ts";
import { createSimulatorProvider } from "../../../src/adapters/simulator/provider.ts";
import type { ModelRequest, ModelTurn, StreamPart } from "../../../src/ports/model.ts";

const seed = Math.floor(Math.random() * 2 ** 31);
process.stderr.write(`simulator.test.ts: seed ${seed}\n`);

const provider = createSimulatorProvider({ tokensPerSecond: Number.POSITIVE_INFINITY });
const never = (): AbortSignal => new AbortController().signal;

const requestFor = (...turns: readonly string[]): ModelRequest => ({
  model: "simulator",
  system: "You are the assistant of Northwind.",
  turns: turns.map(
    (content, index): ModelTurn => ({ role: index % 2 === 0 ? "user" : "assistant", content }),
  ),
  maxOutputTokens: 4_096,
});

async function answer(
  request: ModelRequest,
  from = provider,
): Promise<{ text: string; parts: StreamPart[] }> {
  const parts: StreamPart[] = [];
  await from.stream(request, (part) => parts.push(part), never());
  return { text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""), parts };
}
const ask = async (...turns: readonly string[]): Promise<string> => (await answer(requestFor(...turns))).text;

describe("what the simulated model writes", () => {
  test("given the same question and seed, the same answer; given another seed, other words", async () => {
    const question = "What is a good way to start?";
    expect(await ask(question)).toBe(await ask(question));
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (one) => {
        const other = createSimulatorProvider({ tokensPerSecond: Number.POSITIVE_INFINITY, seed: one });
        return (await answer(requestFor(question), other)).text;
      }),
    );
    expect(new Set(answers).size).toBeGreaterThan(1);
  });

  test.each([
    ["a how-to", "How do I reset my password?", /reset your password[\s\S]*\n1\. /i],
    ["a comparison", "Redis vs Postgres", /\| \| Redis \| Postgres \|\n\| --- \|/],
    ["a price", "How much does the Team plan cost?", /\*example figures\*[\s\S]*\n\| Plan \|/],
    [
      "code in Python",
      "Write a Python script that lists my orders",
      /```python\n[\s\S]*def lists_orders\([\s\S]*\n```\n/,
    ],
    ["code in SQL", "Give me an SQL query for the best customers", /```sql\n-- [\s\S]*SELECT[\s\S]*\n```\n/],
    ["code in TypeScript", "Show me code for a debounce function in TypeScript", /```ts\n[\s\S]*\n```\n/],
    ["trouble", "I can't log in, it says error 403", /sorry/],
    ["a greeting", "Hello!", /Northwind/],
    ["thanks", "Thanks a lot!", /welcome|glad|any time/i],
    ["the wish for a person", "Can I talk to a human?", /contact/],
    ["anything else", "Do you ship to Canada?", /ship to Canada/],
    ["no words at all", "🎉🎉", /\?/],
  ])("given %s, an answer of that kind and of a fitting length", async (_, question, shape) => {
    const text = await ask(question);
    expect(text).toMatch(shape);
    expect(countTokens(text)).toBeGreaterThan(45);
    expect(countTokens(text)).toBeLessThan(350);
  });

  test("given much around its subject, it speaks of the subject alone", async () => {
    const text = await ask("Please explain at length how shipping of a large order works");
    expect(text).toMatch(/^## Shipping of a large order, in detail$/m);
  });

  test("given a wish for detail, a long answer with headings, a table and code", async () => {
    const text = await ask("Write a long answer about onboarding");
    expect(countTokens(text)).toBeGreaterThan(1_200);
    expect(text.match(/^###? /gm)?.length).toBeGreaterThan(5);
    expect(text).toContain("onboarding");
    expect(text).toContain("```ts\n");
    expect(text).toContain("| --- |");
  });

  test("given the first question, it says that it is simulated; afterwards it goes on from what was asked", async () => {
    const first = "How do I invite my team?";
    expect((await ask(first)).endsWith(SIMULATED_NOTE)).toBe(true);
    const follow = [
      "What is a webhook?",
      "Redis vs Postgres",
      "Do you ship to Canada?",
      "How do I export my data?",
    ];
    const later = await Promise.all(follow.map((question) => ask(first, "Like this.", question)));
    expect(later.some((text) => text.includes("*invite your team*"))).toBe(true);
    expect(later.every((text) => !text.includes("Simulated"))).toBe(true);
  });

  test("given an answer that broke off, it goes on with what is missing of it", async () => {
    const whole = await ask("How do I reset my password?");
    for (const at of [1, Math.floor(whole.length / 2), whole.length]) {
      const begun = whole.slice(0, at).trimEnd();
      expect(begun + (await ask("How do I reset my password?", begun))).toBe(whole);
    }
  });

  test("given any message, it answers, and brings no markup of the message into the page", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" })),
        async (message) => {
          const text = await ask(message === "" ? " " : message);
          expect(text.isWellFormed()).toBe(true);
          expect(countTokens(text)).toBeGreaterThan(30);
        },
      ),
      { seed, numRuns: 200 },
    );
    expect(await ask("Tell me about <img src=x onerror=alert(1)> [a](javascript:alert(1))")).not.toMatch(
      /<img|\]\(javascript/,
    );
  });
});

describe("a message made to be hard to read", () => {
  test.each([",", "between ", "which ", "talk ", "a or ", " vs", "```", "how to "])(
    "given %j over and over, it answers at once",
    async (piece) => {
      const message = piece.repeat(16_000 / piece.length);
      const begin = performance.now();
      expect((await ask(message, "Well.", message)).length).toBeGreaterThan(100);
      expect(performance.now() - begin).toBeLessThan(200);
    },
  );
});

describe("the stream", () => {
  test("given a request, start, chunks of about four characters, finish with the usage that was streamed", async () => {
    const { parts } = await answer(requestFor("Tell me about Northwind"));
    const texts = parts.filter((part) => part.type === "text");
    expect(parts[0]).toMatchObject({ type: "start", model: "simulator" });
    expect(parts.at(-1)).toMatchObject({
      type: "finish",
      reason: "stop",
      usage: { outputTokens: texts.length },
    });
    expect(Math.max(...texts.map((part) => part.text.length))).toBeLessThanOrEqual(8);
    expect(texts.every((part) => part.text !== "" && part.text.isWellFormed())).toBe(true);
  });

  test("given room for few tokens, it stops there with length", async () => {
    const { parts } = await answer({ ...requestFor("Hello"), maxOutputTokens: 7 });
    expect(parts.filter((part) => part.type === "text")).toHaveLength(7);
    expect(parts.at(-1)).toMatchObject({ reason: "length", usage: { outputTokens: 7 } });
  });

  test("given a pace, it takes as long as that says", async () => {
    const begin = performance.now();
    const slow = createSimulatorProvider({ tokensPerSecond: 200 });
    await answer({ ...requestFor("Hello"), maxOutputTokens: 40 }, slow);
    const took = performance.now() - begin;
    expect(took).toBeGreaterThanOrEqual(195);
    expect(took).toBeLessThan(400);
  });

  test("given an abort in mid-answer, it rejects at once with the reason, says no more, and leaves no listener", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    let calls = 0;
    const sink = (): void => {
      calls++;
      if (calls === 5) queueMicrotask(() => controller.abort(reason));
    };
    const slow = createSimulatorProvider({ tokensPerSecond: 500 });
    await expect(slow.stream(requestFor("In detail, please: Redis"), sink, controller.signal)).rejects.toBe(
      reason,
    );
    const so = calls;
    await paced({ count: 20, perSecond: 500, signal: never() }, () => undefined);
    expect(calls).toBe(so);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  test("given an abort from within the sink, or before the call, nothing follows", async () => {
    const controller = new AbortController();
    let calls = 0;
    const sink = (): void => {
      if (++calls === 3) controller.abort("now");
    };
    await expect(provider.stream(requestFor("Hello"), sink, controller.signal)).rejects.toBe("now");
    expect(calls).toBe(3);
    await expect(provider.stream(requestFor("Hello"), sink, controller.signal)).rejects.toBe("now");
    expect(calls).toBe(3);
  });
});

describe("pieces", () => {
  test("given any text, its pieces are the text, and none splits a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const pieces = tokenPieces(text);
        expect(pieces.join("")).toBe(text);
        expect(pieces.every((piece) => piece !== "" && piece.isWellFormed() === text.isWellFormed())).toBe(
          true,
        );
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe("pace", () => {
  test("given a turn that took long, what is due comes at once and the end is not later", async () => {
    const begin = performance.now();
    const moments: number[] = [];
    await paced({ count: 50, perSecond: 250, signal: never() }, (index) => {
      moments.push(performance.now() - begin);
      if (index === 4) while (performance.now() - begin < 100) Math.sqrt(index);
    });
    expect(moments).toHaveLength(50);
    expect((moments[20] ?? 0) - (moments[5] ?? 0)).toBeLessThan(20);
    expect(moments[49]).toBeGreaterThanOrEqual(199);
    expect(moments[49]).toBeLessThan(300);
  });

  test("given something that throws, that is what it rejects with", async () => {
    const mistake = new Error("in the act");
    const act = (): void => {
      throw mistake;
    };
    await expect(paced({ count: 3, perSecond: 1_000, signal: never() }, act)).rejects.toBe(mistake);
  });
});
