import { describe, expect, test } from "@jest/globals";
import { peerText, peerTextOfBytes } from "../../../src/adapters/sockets/peer-address.ts";

const bytes = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer;

describe("a peer's address", () => {
  test.each([
    [bytes(127, 0, 0, 1), "127.0.0.1"],
    [bytes(203, 0, 113, 255), "203.0.113.255"],
    [bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3), "10.1.2.3"],
    [bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "::1"],
    [bytes(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0x0c), "2001:db8::ab0c"],
    [bytes(), ""],
  ])("is written in its one short form", (address, text) => {
    expect(peerTextOfBytes(address)).toBe(text);
  });

  test.each([
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["::ffff:0", "::ffff:0"],
    ["2001:db8::1", "2001:db8::1"],
    ["192.0.2.7", "192.0.2.7"],
  ])("%s is %s, IPv4 within IPv6 or not", (address, text) => {
    expect(peerText(address)).toBe(text);
  });
});
