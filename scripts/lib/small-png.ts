import { crc32, deflateSync } from "node:zlib";

/** Steps that a colour's parts are rounded to: nobody sees it, and what is one colour then takes no room. */
const STEP = 2;

/**
 * Writes a picture as a PNG that is small where the picture is of a screen: colours slightly rounded, rows as they
 * are, and deflated with patience.
 *
 * @param pixels red, green, blue and opacity of each pixel, row after row; opacity is left out
 */
export function smallPng(width: number, height: number, pixels: Uint8Array): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  let to = 0;
  for (let from = 0; from < pixels.length; from += 4) {
    // Each row begins with the filter it is written with, and 0 is none.
    if (from % (width * 4) === 0) to++;
    for (let part = 0; part < 3; part++) {
      rows[to++] = Math.min(255, Math.round((pixels[from + part] ?? 0) / STEP) * STEP);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a part, in red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}
