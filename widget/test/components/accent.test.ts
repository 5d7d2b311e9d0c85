import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { accentColours, contrast, DEFAULT_ACCENT, parseHex } from "../../src/theme/accent.ts";

const hex = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, "0")}`);
const ratio = (one: string, other: string): number => {
  const [a, b] = [parseHex(one), parseHex(other)];
  return a && b ? contrast(a, b) : 0;
};

describe("an accent", () => {
  test("whatever it is, what stands on it and what is written in it can be read", () => {
    const seed = Date.now();
    try {
      fc.assert(
        fc.property(hex, fc.constantFrom("#ffffff", "#202329"), (accent, surface) => {
          const colours = accentColours(accent, surface);
          expect(colours.accent).toBe(accent);
          expect(ratio(colours.onAccent, accent)).toBeGreaterThanOrEqual(4.5);
          expect(ratio(colours.ink, surface)).toBeGreaterThanOrEqual(4.5);
        }),
        { seed },
      );
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  });

  test.each(["red", "#12", "#12345g", "url(x)", "#fff;color:red", null, 7, undefined])(
    "%p is not one",
    (given) => {
      expect(accentColours(given, "#ffffff").accent).toBe(DEFAULT_ACCENT);
    },
  );

  test("may be written short", () => {
    expect(accentColours("#0a3", "#ffffff").accent).toBe("#00aa33");
  });
});
