import { crc32, inflateSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { smallPng } from "../lib/small-png.ts";

/** The chunks of a PNG, each checked against its sum. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(at + 4, end)));
    chunks.set(png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, end));
    at = end + 4;
  }
  return chunks;
}

describe("a small PNG", () => {
  test("holds every pixel within a step of its colour, and black and white as they are", () => {
    const pixels = Uint8Array.from([0, 0, 0, 255, 255, 255, 255, 255, 17, 200, 99, 255, 1, 2, 3, 255]);
    const png = smallPng(2, 2, pixels);
    expect(png.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    const chunks = chunksOf(png);
    expect([...chunks.keys()]).toEqual(["IHDR", "IDAT", "IEND"]);
    expect(chunks.get("IHDR")).toEqual(Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0]));
    const rows = [...inflateSync(chunks.get("IDAT") ?? Buffer.alloc(0))];
    expect(rows.slice(0, 7)).toEqual([0, 0, 0, 0, 255, 255, 255]);
    expect(rows[7]).toBe(0);
    const second = rows.slice(8);
    for (const [index, part] of [17, 200, 99, 1, 2, 3].entries())
      expect(Math.abs((second[index] ?? -9) - part)).toBeLessThanOrEqual(1);
    expect(rows).toHaveLength(14);
  });
});
