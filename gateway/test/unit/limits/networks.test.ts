import { describe, expect, test } from "@jest/globals";
import { isPublicAddress } from "../../../src/adapters/https/public-addresses.ts";
import { canonicalAddress, isNetwork, networksOf, subscriberOf } from "../../../src/limits/networks.ts";
import type { HttpRequest } from "../../../src/ports/socket-server.ts";
import { createClientAddress } from "../../../src/transport/client-address.ts";

describe("an address", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["unknown", null],
    ["192.0.2.07", null],
    ["", null],
  ])("%j has one short form", (text, form) => {
    expect(canonicalAddress(text)).toBe(form);
  });

  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:db8:1::", "2001:db8:1:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
    ["1::5:6:7:8:9:a", "1:0:5:6::/64"],
  ])("%s counts as %s", (address, subscriber) => {
    expect(subscriberOf(address)).toBe(subscriber);
  });

  test.each([
    ["10.0.0.0/8", true],
    ["10.0.0.1", true],
    ["2001:db8::/32", true],
    ["10.0.0.0/33", false],
    ["2001:db8::/129", false],
    ["10.0.0.0/8/8", false],
    ["10.0.0.0/", false],
    ["office", false],
  ])("%s names a network: %s", (text, is) => {
    expect(isNetwork(text)).toBe(is);
  });

  test("is in a network or not", () => {
    const office = networksOf(["192.0.2.0/24", "2001:db8:1::/48", "198.51.100.1", "nonsense"]);
    expect(["192.0.2.9", "2001:db8:1:ff::2", "198.51.100.1"].map(office.has)).toEqual([true, true, true]);
    expect(["192.0.3.9", "2001:db8:2::2", "198.51.100.2", "x", ""].some(office.has)).toBe(false);
  });
});

describe("an address that tenants' servers may have", () => {
  test.each(["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450::5"])("%s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  test.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.9.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "",
    "localhost",
    "0x7f.1",
    "2130706433",
  ])("never %j", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("who asks", () => {
  const ask = (trusted: string[], peer: string, forwarded?: string): string =>
    createClientAddress(trusted)({
      peer,
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
    } as unknown as HttpRequest);

  test.each<[string, string[], string, string | undefined, string]>([
    ["the peer, whatever it claims, where no proxy is trusted", [], "192.0.2.1", "203.0.113.9", "192.0.2.1"],
    ["the peer that is no proxy", ["10.0.0.0/8"], "192.0.2.1", "203.0.113.9", "192.0.2.1"],
    ["whom a proxy saw", ["10.0.0.0/8"], "10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["not whom the visitor claims to be", ["10.0.0.0/8"], "10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"],
    [
      "whom the outermost of several proxies saw",
      ["10.0.0.0/8", "192.0.2.1"],
      "10.0.0.1",
      "1.2.3.4, 203.0.113.9, 192.0.2.1",
      "203.0.113.9",
    ],
    ["the proxy, where it names nobody", ["10.0.0.1"], "10.0.0.1", undefined, "10.0.0.1"],
    [
      "the last proxy before what cannot be read",
      ["10.0.0.1"],
      "10.0.0.1",
      "203.0.113.9, _hidden",
      "10.0.0.1",
    ],
    ["without a port", ["10.0.0.1"], "10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"],
    ["in one form", ["10.0.0.1"], "::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"],
  ])("is %s", (_who, trusted, peer, forwarded, address) => {
    expect(ask(trusted, peer, forwarded)).toBe(address);
  });
});
