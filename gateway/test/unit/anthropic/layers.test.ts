import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { EndlessLine, LineDecoder } from "../../../src/adapters/anthropic/lines.ts";
import { EventDecoder } from "../../../src/adapters/anthropic/sse.ts";
import { plainTextDelta } from "../../../src/adapters/anthropic/text-delta.ts";
import { WholeCharacters } from "../../../src/adapters/anthropic/whole-characters.ts";

const seed = Math.floor(Math.random() * 2 ** 31);
process.stderr.write(`layers.test.ts: seed ${seed}\n`);

function linesOf(bytes: Uint8Array, size: number): string[] {
  const lines: string[] = [];
  const decoder = new LineDecoder((line) => lines.push(line));
  for (let at = 0; at < bytes.length; at += size) decoder.push(bytes.subarray(at, at + size));
  return lines;
}

describe("bytes to lines", () => {
  const text = "one\ntwo\r\nthree\rfour 日本語 🎉\n\n\r\n\u2028stays\n";
  const lines = ["one", "two", "three", "four 日本語 🎉", "", "", "\u2028stays"];

  test.each([1, 2, 3, 5, 7, 1_000])("given pieces of %d bytes, the same lines", (size) => {
    expect(linesOf(Buffer.from(text), size)).toEqual(lines);
  });

  test("given a byte order mark, it is no part of the first line", () => {
    expect(linesOf(Buffer.from("\ufeffdata: x\n"), 1)).toEqual(["data: x"]);
  });

  test("given text without an end, nothing until it comes", () => {
    expect(linesOf(Buffer.from("no end"), 3)).toEqual([]);
  });

  test("given bytes that are not UTF-8, replacement characters, and it goes on", () => {
    expect(linesOf(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0x63, 0x0a]), 1)).toEqual(["a\ufffdb", "c"]);
  });

  test("given a line that never ends, it is given up", () => {
    const decoder = new LineDecoder(() => undefined);
    const piece = Buffer.alloc(65_536, 0x78);
    expect(() => {
      for (let turn = 0; turn < 20; turn++) decoder.push(piece);
    }).toThrow(EndlessLine);
  });

  test("given any text and any cuts, the lines are those of the text", () => {
    const piece = fc.constantFrom("a", "é", "語", "🎉", "\n", "\r", "\r\n", "data: ");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (pieces, size) => {
        const whole = `${pieces.join("")}end\n`;
        expect(linesOf(Buffer.from(whole), size)).toEqual(whole.split(/\r\n|\n|\r/).slice(0, -1));
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe("lines to events", () => {
  const eventsOf = (lines: readonly string[]): [string, string][] => {
    const events: [string, string][] = [];
    const decoder = new EventDecoder((name, data) => events.push([name, data]));
    for (const line of lines) decoder.line(line);
    return events;
  };

  test("given name and data, one event at the blank line", () => {
    expect(eventsOf(["event: ping", "data: {}", "", ""])).toEqual([["ping", "{}"]]);
  });

  test("given several data lines, they are joined", () => {
    expect(eventsOf(["data: a", "data:b", "data:  c", ""])).toEqual([["message", "a\nb\n c"]]);
  });

  test("given comments, unknown fields and events without data, nothing", () => {
    expect(eventsOf([": hi", "", "id: 1", "retry: 5", "", "event: lonely", "", "data: x", ""])).toEqual([
      ["message", "x"],
    ]);
  });

  test("given an event without its blank line, nothing", () => {
    expect(eventsOf(["event: ping", "data: {}"])).toEqual([]);
  });
});

describe("the text of a delta without parsing", () => {
  const delta = (text: string): string =>
    JSON.stringify({ type: "content_block_delta", index: 3, delta: { type: "text_delta", text } });

  test("given plain text, the text, also with padding", () => {
    expect(plainTextDelta(delta("Hello, 世界 🎉"))).toBe("Hello, 世界 🎉");
    expect(plainTextDelta(`${delta("a").slice(0, -1)}    }   `)).toBe("a");
    expect(plainTextDelta(delta(""))).toBe("");
  });

  test.each([
    ["an escape", delta('a "quote"')],
    ["an escape after the text", delta("back\\")],
    [
      "another delta",
      '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"x"}}',
    ],
    [
      "another order of fields",
      '{"index":0,"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}',
    ],
    ["a further field", `${delta("x").slice(0, -1)},"more":1}`],
    ["a cut", delta("x").slice(0, -1)],
    ["nothing", ""],
  ])("given %s, it is left to the parser", (_, data) => {
    expect(plainTextDelta(data)).toBeUndefined();
  });

  test("given any text, either what the parser says or nothing", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom('"}}', '\\"}}', "\\"));
    fc.assert(
      fc.property(text, (any) => {
        const found = plainTextDelta(delta(any));
        if (JSON.stringify(any).includes("\\")) expect(found).toBeUndefined();
        else expect(found).toBe(any);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe("whole characters", () => {
  test("given a pair in two pieces, it comes with the second", () => {
    const characters = new WholeCharacters();
    expect(characters.push("a\ud83c")).toBe("a");
    expect(characters.push("\udf89b")).toBe("🎉b");
    expect(characters.flush()).toBe("");
  });

  test("given halves whose other half never comes, U+FFFD", () => {
    const characters = new WholeCharacters();
    expect(characters.push("\udc00x\ud83d")).toBe("\ufffdx");
    expect(characters.push("y\ud83d")).toBe("\ufffdy");
    expect(characters.flush()).toBe("\ufffd");
  });
});
