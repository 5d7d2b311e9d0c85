import type { Clock, Ids, Randomness } from "../../ports/system.ts";

const COUNTER_END = 0x1000;

/**
 * UUIDs of version 7 (RFC 9562): milliseconds, then a counter of 12 bits that begins anew at a random place in
 * its lower half with each millisecond, then 62 random bits. A clock that goes back, or a millisecond with more
 * ids than the counter has numbers, borrows from the milliseconds to come, so that later ids always sort later.
 */
export function createUuidV7Ids({ clock, randomness }: { clock: Clock; randomness: Randomness }): Ids {
  let millisecond = 0;
  let counter = 0;

  return {
    next() {
      const random = Buffer.from(randomness.token(10), "base64url");
      const now = Math.floor(clock.now());
      if (now > millisecond || ++counter === COUNTER_END) {
        millisecond = Math.max(now, millisecond + 1);
        counter = random.readUInt16BE(8) & 0x7ff;
      }
      const bytes = Buffer.alloc(16);
      bytes.writeUIntBE(millisecond, 0, 6);
      bytes.writeUInt16BE(0x7000 | counter, 6);
      random.copy(bytes, 8, 0, 8);
      bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
      const hex = bytes.toString("hex");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}
