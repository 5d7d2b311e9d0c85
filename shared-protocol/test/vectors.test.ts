import { describe, expect, test } from "@jest/globals";
import {
  CLIENT_FRAME_TYPES,
  decodeClientFrame,
  decodeServerFrame,
  PROTOCOL_LIMITS,
  SERVER_FRAME_TYPES,
} from "../src/index.ts";
import { expectedOf, frameVectors, textOf, type VectorFile } from "./support/vectors.ts";

const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8");
const namesOf = (file: VectorFile): string[] => [...file.valid, ...file.invalid].map(({ name }) => name);

describe.each([
  { direction: "client", types: CLIENT_FRAME_TYPES, limit: PROTOCOL_LIMITS.clientFrameBytes },
  { direction: "server", types: SERVER_FRAME_TYPES, limit: PROTOCOL_LIMITS.serverFrameBytes },
] as const)("the vectors of a $direction", ({ direction, types, limit }) => {
  const files = frameVectors(direction);
  const decode = direction === "client" ? decodeClientFrame : decodeServerFrame;

  test("stand in one file a frame type, three or more of each kind", () => {
    const typed = files.filter(({ type }) => type !== null);
    expect(new Set(typed.map(({ type }) => type))).toEqual(new Set<string>(types));
    for (const { file, type, valid, invalid } of typed) {
      expect(file).toBe(`${type}.json`);
      expect({ file, enough: valid.length >= 3 && invalid.length >= 3 }).toEqual({ file, enough: true });
    }
  });

  test("have names that are unique in their file", () => {
    for (const file of files) expect(namesOf(file)).toEqual([...new Set(namesOf(file))]);
  });

  describe.each(files)("in $file", ({ type, valid, invalid }) => {
    // `test.each` refuses an empty table, and the files that belong to no type have nothing valid.
    for (const vector of valid) {
      test(`read: ${vector.name}`, () => {
        const text = textOf(vector);
        expect(bytesOf(text)).toBeLessThanOrEqual(limit);
        expect(decode(text)).toEqual({ ok: true, frame: expectedOf(vector) });
        expect(expectedOf(vector)).toHaveProperty("type", type);
      });
    }

    test.each(invalid)("refused: $name", (vector) => {
      const text = textOf(vector);
      if (vector.close !== undefined) {
        expect(vector.close).toBe(1009);
        expect(bytesOf(text)).toBeGreaterThan(limit);
        return;
      }
      expect(bytesOf(text)).toBeLessThanOrEqual(limit);
      const decoded = decode(text);
      expect(decoded).toMatchObject({ ok: false, code: vector.code, message: expect.any(String) });
      if (direction === "client") expect(decoded.ok ? null : (decoded.ref ?? null)).toBe(vector.ref);
    });
  });
});

describe("a refusal", () => {
  test("names the field that is wrong and never quotes what it held", () => {
    const secret = "correct horse battery staple";
    const decoded = decodeClientFrame(
      JSON.stringify({ type: "feedback", id: "f1", message: secret, rating: secret, comment: 7 }),
    );
    expect(decoded).toMatchObject({ ok: false, message: expect.stringContaining("`message`") });
    expect(JSON.stringify(decoded)).not.toContain("horse");
  });

  test("of a page's address names the way to it", () => {
    const decoded = decodeClientFrame(
      JSON.stringify({ type: "message", id: "m1", content: "Hi", page: { url: "nowhere" } }),
    );
    expect(decoded).toMatchObject({ ok: false, message: expect.stringContaining("`page.url`") });
  });
});
