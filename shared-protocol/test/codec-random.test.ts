import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type ClientFrame,
  decodeClientFrame,
  decodeServerFrame,
  ERROR_CODES,
  encodeFrame,
} from "../src/index.ts";
import { frameVectors, textOf, type ValidVector } from "./support/vectors.ts";

const seed = Number(process.env.PARLANCE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
process.stderr.write(`codec-random: PARLANCE_TEST_SEED=${seed}\n`);
const settings = { seed, numRuns: 2_000 };

const validVectors: ValidVector[] = frameVectors("client").flatMap(({ valid }) => [...valid]);
const validTexts = validVectors.map(textOf).filter((text) => text.length < 2_000);
const validFrames = validTexts.map((text) => JSON.parse(text) as Record<string, unknown>);
const garbage = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.json());
const mutatedText = fc
  .tuple(fc.constantFrom(...validTexts), fc.nat(), fc.nat(8), fc.string({ unit: "binary", maxLength: 4 }))
  .map(([text, at, cut, insert]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + insert + text.slice(start + cut);
  });
const mutatedFrame = fc
  .tuple(
    fc.constantFrom(...validFrames),
    fc.constantFrom("type", "id", "content", "message", "conversation", "reply", "after", "page", "limit"),
    fc.jsonValue({ maxDepth: 4 }),
  )
  .map(([frame, field, value]) => JSON.stringify({ ...frame, [field]: value }));

/** What must hold of any decoded text: an answer, never an exception, and only words of the protocol. */
function judge(text: string): void {
  const decoded = decodeClientFrame(text);
  if (decoded.ok) {
    const again = decodeClientFrame(encodeFrame(decoded.frame));
    expect(again.ok && encodeFrame(again.frame)).toBe(encodeFrame(decoded.frame));
    return;
  }
  expect(ERROR_CODES).toContain(decoded.code);
  expect(["INVALID_FRAME", "UNSUPPORTED_TYPE", "MESSAGE_TOO_LARGE"]).toContain(decoded.code);
  expect(decoded.message).toMatch(/\w/);
  if (decoded.ref !== undefined) expect(decoded.ref).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
}

describe("whatever a client sends, it is read or refused with a code of the protocol", () => {
  test.each([
    { kind: "garbage", texts: garbage },
    { kind: "frames with bytes changed", texts: mutatedText },
    { kind: "frames with a field changed", texts: mutatedFrame },
  ])("$kind", ({ texts }) => {
    fc.assert(fc.property(texts, judge), settings);
  });

  test("a frame with a field changed is refused with the id that it still had", () => {
    fc.assert(
      fc.property(mutatedFrame, (text) => {
        const { id } = JSON.parse(text) as { id?: unknown };
        const decoded = decodeClientFrame(text);
        if (decoded.ok) return;
        const readable = typeof id === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(id);
        expect(decoded.ref).toBe(readable ? id : undefined);
      }),
      settings,
    );
  });
});

describe("whatever a server sends", () => {
  test("a client's decoder does not throw", () => {
    fc.assert(
      fc.property(fc.oneof(garbage, mutatedText, mutatedFrame), (text) => {
        expect(typeof decodeServerFrame(text).ok).toBe("boolean");
      }),
      settings,
    );
  });
});

describe("a message", () => {
  test("comes out of the codec to the letter, whatever well-formed text it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (content) => {
        fc.pre(content.trim() !== "" && content.isWellFormed());
        const frame: ClientFrame = { type: "message", id: "m1", content };
        expect(decodeClientFrame(encodeFrame(frame))).toEqual({ ok: true, frame });
      }),
      settings,
    );
  });
});
