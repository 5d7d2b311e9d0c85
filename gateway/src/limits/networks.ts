import { BlockList, isIPv4, isIPv6, SocketAddress } from "node:net";

/** Whether a text names an address or a network in CIDR notation. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  if (more !== undefined) return false;
  if (bits === undefined) return isIPv4(address) || isIPv6(address);
  if (!/^\d{1,3}$/.test(bits)) return false;
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128);
}

/** Some networks, to ask whether an address is in one of them. */
export interface Networks {
  has(address: string): boolean;
}

/** @param texts addresses, and networks in CIDR notation; what is neither names nothing */
export function networksOf(texts: readonly string[]): Networks {
  const list = new BlockList();
  for (const text of texts.filter(isNetwork)) {
    const [address = "", bits] = text.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    list.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return {
    has: (address) =>
      (isIPv4(address) && list.check(address, "ipv4")) || (isIPv6(address) && list.check(address, "ipv6")),
  };
}

/** This machine itself. */
export const LOOPBACK: Networks = networksOf(["127.0.0.0/8", "::1"]);

/** An address in its one short form, an IPv4 address inside IPv6 written as IPv4; null where it is none. */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  const bare = text.replace(/%.*$/, "");
  if (!isIPv6(bare)) return null;
  const { address } = new SocketAddress({ address: bare, family: "ipv6" });
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  return mapped?.[1] ?? address;
}

/**
 * What stands for one subscriber: an IPv4 address, or the /64 of an IPv6 one, since whoever has one address of it
 * has them all.
 */
export function subscriberOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const filled = tail === undefined ? groups : [...groups, ...Array<string>(8).fill("0")];
  const whole = tail === undefined ? groups : [...filled.slice(0, 8 - rest.length), ...rest];
  return `${whole.slice(0, 4).join(":")}::/64`;
}
