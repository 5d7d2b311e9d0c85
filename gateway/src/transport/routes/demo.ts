import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { z } from "zod";
import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";
import { SESSION_LIFE_SECONDS, type Tokens } from "../../tenants/tokens.ts";
import { baseUrl, json, problem, readJson } from "../responses.ts";
import type { Route } from "./route.ts";

/** The tenant that a first start makes outside production. */
export const DEMO_TENANT = "demo";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const SignIn = z.object({
  user: z.string().regex(/^[a-z][a-z0-9._-]{0,63}$/, "must be a short name in lower case"),
  name: z.string().min(1).max(100).optional(),
});

/**
 * The demo page, the same under a strict policy, and `POST /demo/sign-in`, which plays a customer's identity
 * provider. Listed only where the demo tenant was made.
 *
 * @param options.directories where the pages' files are, the first that has one serves it
 */
export function demoRoutes(options: {
  directories: readonly string[];
  tokens: Tokens;
  publicUrl: string | null;
}): Route[] {
  const { directories, tokens, publicUrl } = options;
  const page = async (name: string, headers: Record<string, string>): Promise<HttpResponse> => {
    const body = await findFile(directories, name);
    if (body === null) return problem(404, "NOT_FOUND", "the demo has no such file");
    const type = TYPES[extname(name)] ?? "application/octet-stream";
    return { status: 200, headers: { "content-type": type, "cache-control": "no-cache", ...headers }, body };
  };
  return [
    { method: "GET", path: "/", handle: () => ({ status: 302, headers: { location: "/demo" } }) },
    {
      method: "GET",
      path: "/demo",
      handle: () => page("index.html", { "content-security-policy": DEMO_POLICY }),
    },
    {
      method: "GET",
      path: "/demo/strict-csp",
      handle: (request) =>
        page("strict-csp.html", { "content-security-policy": strictPolicy(baseUrl(request, publicUrl)) }),
    },
    { method: "POST", path: "/demo/sign-in", handle: (request) => signIn(request, tokens) },
    {
      method: "GET",
      path: "/demo/:file",
      handle: (_, { file = "" }) =>
        /^[a-z0-9-]+\.(css|js|svg)$/.test(file)
          ? page(file, { "x-content-type-options": "nosniff" })
          : problem(404, "NOT_FOUND", "the demo has no such file"),
    },
  ];
}

const DEMO_POLICY =
  "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** The policy that `docs` promise the widget works under, with this gateway as the only source. */
export function strictPolicy(gateway: string): string {
  const socket = gateway.replace(/^http/, "ws");
  return [
    "default-src 'none'",
    `script-src ${gateway}`,
    `connect-src ${gateway} ${socket}`,
    `img-src ${gateway}`,
    "style-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types parlance",
  ].join("; ");
}

async function signIn(request: HttpRequest, tokens: Tokens): Promise<HttpResponse> {
  const read = await readJson(request, SignIn);
  if (!read.ok) return read.response;
  const { user, name } = read.value;
  const minted = tokens.mint({
    tenant: DEMO_TENANT,
    user,
    ...(name === undefined ? {} : { name }),
    lifeSeconds: SESSION_LIFE_SECONDS,
  });
  return json(201, { token: minted.token, expiresAt: new Date(minted.expiresAt).toISOString() });
}

async function findFile(directories: readonly string[], name: string): Promise<Buffer | null> {
  for (const directory of directories) {
    try {
      return await readFile(join(directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}
