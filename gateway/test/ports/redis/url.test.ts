import { describe, expect, test } from "@jest/globals";
import { parseRedisUrl } from "../../../src/adapters/redis/url.ts";

describe("a Redis URL", () => {
  test.each([
    {
      url: "redis://localhost",
      target: {
        kind: "single",
        tls: false,
        credentials: {},
        address: { host: "localhost", port: 6379 },
        database: 0,
      },
    },
    {
      url: "rediss://mary:p%40ss%3A%2F@cache.example.com:6380/3",
      target: {
        kind: "single",
        tls: true,
        credentials: { username: "mary", password: "p@ss:/" },
        address: { host: "cache.example.com", port: 6380 },
        database: 3,
      },
    },
    {
      url: "redis://:only-a-password@[::1]:7000/",
      target: {
        kind: "single",
        tls: false,
        credentials: { password: "only-a-password" },
        address: { host: "::1", port: 7000 },
        database: 0,
      },
    },
    {
      url: "rediss+cluster://u:p@a:7001,b,[fe80::1]:7003",
      target: {
        kind: "cluster",
        tls: true,
        credentials: { username: "u", password: "p" },
        addresses: [
          { host: "a", port: 7001 },
          { host: "b", port: 6379 },
          { host: "fe80::1", port: 7003 },
        ],
      },
    },
    {
      url: "redis+sentinel://u:p@a,b:26380/my%20main/2?username=s&password=q%26",
      target: {
        kind: "sentinel",
        tls: false,
        credentials: { username: "u", password: "p" },
        addresses: [
          { host: "a", port: 26379 },
          { host: "b", port: 26380 },
        ],
        master: "my main",
        database: 2,
        sentinelCredentials: { username: "s", password: "q&" },
      },
    },
  ])("$url is understood", ({ url, target }) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  test.each([
    "",
    "localhost:6379",
    "http://localhost",
    "redis://",
    "redis://:secret@",
    "redis://:secret@a,b",
    "redis://:secret@a:99999",
    "redis://:secret@a:b:c",
    "redis://:secret@a/first",
    "redis://:secret@a/0?tls=yes",
    "redis://:secret%@a",
    "redis+cluster://:secret@a/1",
    "redis+cluster://:secret@a,",
    "redis+sentinel://:secret@a",
    "redis+sentinel://:secret@a/main/0/more",
    "redis+unknown://:secret@a",
  ])("%j is refused in words that keep its password", (url) => {
    const read = (): unknown => parseRedisUrl(url);
    expect(read).toThrow(TypeError);
    expect(read).not.toThrow(/secret/u);
  });
});
