import { BlockList, isIPv6 } from "node:net";

/** Networks that are not the public internet's. Sources: the IANA special-purpose address registries. */
const SPECIAL_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
] as const;

/** Within the one block of IPv6 that is given out: transition, documentation and benchmark networks. */
const SPECIAL_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const;

const special = listOf([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
const global = listOf(["2000::/3"]);

/** Whether an address, as text, is one of the public internet. What cannot be read is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv6(address)) return global.check(address, "ipv6") && !special.check(address, "ipv6");
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) && !special.check(address, "ipv4");
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list;
}
