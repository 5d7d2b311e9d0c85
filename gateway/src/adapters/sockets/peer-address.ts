import { SocketAddress } from "node:net";

const MAPPED = "::ffff:";

/** A peer's address as text, an IPv4 address inside IPv6 written as IPv4. */
export function peerText(address: string): string {
  return address.startsWith(MAPPED) && address.includes(".") ? address.slice(MAPPED.length) : address;
}

/** The same from the 4 or 16 bytes of an address, IPv6 in its canonical short form. */
export function peerTextOfBytes(address: ArrayBuffer): string {
  const bytes = new Uint8Array(address);
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return "";
  const view = new DataView(address);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16));
  return peerText(new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address);
}
