import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createOutsideFetch } from "../../src/adapters/https/outside-fetch.ts";
import { OutsideRefused } from "../../src/ports/outside-fetch.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { type IdentityProvider, startIdentityProvider } from "./support/identity-provider.ts";

describe("a server that a tenant names", () => {
  let provider: IdentityProvider;
  let url: (path: string, host?: string) => string;
  beforeAll(async () => {
    provider = await startIdentityProvider();
    url = (path, host = "idp.example") => `https://${host}:${provider.port}${path}`;
  });
  afterAll(() => provider.close());
  beforeEach(() => {
    provider.answer = (_request, response) => response.end("hello");
  });

  test("is asked over HTTPS under its own name, and its answer given whole", async () => {
    expect(await provider.outside.get(url("/keys?a=1"))).toEqual({ status: 200, body: "hello" });
    expect(provider.asked.at(-1)).toBe("idp.example/keys?a=1");
  });

  test("is posted a form", async () => {
    provider.answer = (request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += String(chunk);
      });
      request.on("end", () => response.end(`${request.headers["content-type"]} ${body}`));
    };
    const answer = await provider.outside.postForm(url("/verify"), { secret: "a b", response: "ü&" });
    expect(answer.body).toBe("application/x-www-form-urlencoded secret=a+b&response=%C3%BC%26");
  });

  test.each<[string, () => string]>([
    ["plain HTTP", () => "http://idp.example/keys"],
    ["another scheme", () => "file:///etc/passwd"],
    ["credentials in the URL", () => "https://a:b@idp.example/keys"],
    ["no URL", () => "keys"],
    ["a private address", () => "https://10.0.0.7/keys"],
    ["the metadata address", () => "https://169.254.169.254/latest/meta-data"],
    ["loopback of IPv6", () => "https://[::1]/keys"],
    ["IPv4 inside IPv6", () => "https://[::ffff:10.0.0.7]/keys"],
    ["an address written as a number", () => "https://167772167/keys"],
    ["a name for a private address", () => url("/keys", "inside.example")],
    ["a name for a permitted address and one that is not", () => url("/keys", "both.example")],
    ["a name nobody knows", () => url("/keys", "nobody.example")],
    ["a certificate for another name", () => `https://127.0.0.1:${provider.port}/keys`],
  ])("is not asked, or not heard: %s", async (_what, of) => {
    const before = provider.asked.length;
    await expect(provider.outside.get(of())).rejects.toThrow(OutsideRefused);
    expect(provider.asked).toHaveLength(before);
  });

  test("is not trusted for sitting at this machine, where nothing says otherwise", async () => {
    const before = provider.asked.length;
    const production = createOutsideFetch({ resolve: async () => ["127.0.0.1"] });
    await expect(production.get(url("/keys"))).rejects.toThrow("public internet");
    await expect(createOutsideFetch().get(`https://localhost:${provider.port}/`)).rejects.toThrow(
      OutsideRefused,
    );
    expect(provider.asked).toHaveLength(before);
  });

  test("is followed where it redirects to, and that is judged anew each time", async () => {
    const redirects: Record<string, string> = {
      "/moved": url("/there", "other.example"),
      "/relative": "/there",
      "/inside": url("/there", "inside.example"),
      "/metadata": "https://169.254.169.254/latest/meta-data",
      "/plain": `http://idp.example:${provider.port}/there`,
      "/loop": "/loop",
    };
    provider.answer = (request, response) => {
      const location = redirects[request.url ?? ""];
      if (location === undefined) response.end("there");
      else response.writeHead(302, { location }).end();
    };
    expect(await provider.outside.get(url("/moved"))).toEqual({ status: 200, body: "there" });
    expect(provider.asked.at(-1)).toBe("other.example/there");
    expect(await provider.outside.get(url("/relative"))).toEqual({ status: 200, body: "there" });
    for (const path of ["/inside", "/metadata", "/plain", "/loop"])
      await expect(provider.outside.get(url(path))).rejects.toThrow(OutsideRefused);
    await expect(provider.outside.postForm(url("/moved"), {})).rejects.toThrow("redirects a form");
  });

  test("cannot fill the memory, nor keep anybody waiting", async () => {
    provider.answer = (_request, response) => response.end("x".repeat(65_537));
    await expect(provider.outside.get(url("/large"))).rejects.toThrow("65536 bytes");
    provider.answer = (_request, response) => {
      const trickle = setInterval(() => response.write("x"), 50);
      response.on("close", () => clearInterval(trickle));
    };
    const took = measure();
    await expect(provider.outside.get(url("/slow"))).rejects.toThrow(OutsideRefused);
    expect(took()).toBeLessThan(4_000);
  });
});
