import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
  CLIENT_FRAME_TYPES,
  CLOSE_CODES,
  decodeClientFrame,
  decodeServerFrame,
  END_REASONS,
  ERROR_CODES,
  FEATURES,
  HEARTBEAT,
  PROTOCOL_LIMITS,
  RECONNECT_BACKOFF_SECONDS,
  SERVER_FRAME_TYPES,
} from "../src/index.ts";

const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");

/** The rows of the tables under a heading, keyed by what stands in their first cell. */
function rowsUnder(heading: string): string[] {
  const section = page.split(`\n${heading}\n`)[1]?.split(/\n##+ /)[0] ?? "";
  return [...section.matchAll(/^\| `?([^`|]+?)`? \|/gm)].map(([, cell]) => cell ?? "");
}

describe("docs/protocol.md", () => {
  test("has a row for every frame type of both directions, and no other", () => {
    expect(rowsUnder("### From the client").slice(2)).toEqual([...CLIENT_FRAME_TYPES]);
    expect(rowsUnder("### From the server").slice(2)).toEqual([...SERVER_FRAME_TYPES]);
  });

  test("has a row for every error code, and no other", () => {
    expect(rowsUnder("## Errors").slice(2)).toEqual([...ERROR_CODES]);
  });

  test("has a row for every close code", () => {
    expect(rowsUnder("## Close codes")).toEqual(
      expect.arrayContaining(Object.values(CLOSE_CODES).map(String)),
    );
  });

  test("names every end, every feature and every figure", () => {
    const figures = [
      ...Object.values(PROTOCOL_LIMITS),
      ...Object.values(HEARTBEAT),
      ...RECONNECT_BACKOFF_SECONDS,
    ];
    const words = [...END_REASONS, ...FEATURES].map((word) => `\`${word}\``);
    const told = figures.filter((figure) => figure !== PROTOCOL_LIMITS.pieceBytes);
    expect(words.filter((word) => !page.includes(word))).toEqual([]);
    expect(told.filter((figure) => !page.includes(figure.toLocaleString("en")))).toEqual([]);
  });

  test("tells its transcript in frames that both sides would read", () => {
    const lines = [...page.matchAll(/^([→←]) (\{.*\})$/gm)];
    expect(lines.length).toBeGreaterThan(15);
    for (const [, arrow, text = ""] of lines) {
      const decoded = arrow === "→" ? decodeClientFrame(text) : decodeServerFrame(text);
      if (text.includes('"id":"m2"')) expect(decoded).toMatchObject({ code: "INVALID_FRAME", ref: "m2" });
      else expect(decoded).toEqual({ ok: true, frame: JSON.parse(text) });
    }
  });

  test("points only at headings that it has and files that are there", () => {
    const anchors = new Set(
      [...page.matchAll(/^##+ (.+)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replace(/[^\w\s-]/g, "")
          .replaceAll(" ", "-"),
      ),
    );
    for (const [, target = ""] of page.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith("#")) expect(anchors).toContain(target.slice(1));
      else expect(() => readFileSync(new URL(`../../docs/${target}`, import.meta.url))).not.toThrow();
    }
  });
});
