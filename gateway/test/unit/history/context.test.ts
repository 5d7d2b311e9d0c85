import { describe, expect, test } from "@jest/globals";
import { assembleContext } from "../../../src/history/context.ts";
import { afterSummary, summaryDue, summaryRequest, withSummary } from "../../../src/history/summary.ts";
import type { ArchivedMessage } from "../../../src/ports/archive.ts";

const said = (role: ArchivedMessage["role"], content: string, position = 1): ArchivedMessage => ({
  id: `${role}-${position}`,
  role,
  position,
  content,
  at: 0,
});
const characters = (text: string): number => text.length;

describe("the context of a question", () => {
  const conversation = [
    said("user", "aaaa", 1),
    said("assistant", "bbbb", 1),
    said("system", "a person was asked for", 2),
    said("user", "cccc", 3),
    said("assistant", "  ", 3),
    said("user", "dddd", 4),
  ];

  test("is what was said, without what is empty or a system's", () => {
    expect(assembleContext(conversation, { tokens: 1_000, estimate: characters })).toEqual([
      { role: "user", content: "aaaa" },
      { role: "assistant", content: "bbbb" },
      { role: "user", content: "cccc" },
      { role: "user", content: "dddd" },
    ]);
  });

  test.each([
    [16, ["aaaa", "bbbb", "cccc", "dddd"]],
    [15, ["cccc", "dddd"]],
    [8, ["cccc", "dddd"]],
    [7, ["dddd"]],
    [1, ["dddd"]],
  ])("within %p tokens keeps the latest, from a question on, and the question always", (tokens, kept) => {
    const turns = assembleContext(conversation, { tokens, estimate: characters });
    expect(turns.map(({ content }) => content)).toEqual(kept);
    expect(turns[0]?.role).toBe("user");
  });
});

describe("the summary", () => {
  test.each([
    [9, null, null],
    [10, null, 5],
    [11, null, 6],
    [14, 5, null],
    [15, 5, 10],
  ])("at question %p, with one up to %p, reaches up to %p", (position, held, upTo) => {
    expect(summaryDue(position, held === null ? null : { text: "s", position: held })).toBe(upTo);
  });

  test("is asked for with what was said since the last one, and stands in the prompt from then on", () => {
    const held = { text: "Ada has a dog.", position: 1 };
    const messages = afterSummary(
      [
        said("user", "old", 1),
        said("user", "x".repeat(5_000), 2),
        said("system", "note", 2),
        said("assistant", "good", 2),
      ],
      held,
    );
    const { turns } = summaryRequest(messages, held);
    expect(turns).toEqual([
      {
        role: "user",
        content: `Summary so far:\nAda has a dog.\n\n\nUser: ${"x".repeat(4_000)}\n\nAssistant: good`,
      },
    ]);
    expect(withSummary("Be brief.", held)).toContain("Ada has a dog.");
    expect(withSummary("Be brief.", null)).toBe("Be brief.");
  });
});
