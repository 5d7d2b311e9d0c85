import { readFile } from "node:fs/promises";
import {
  type ApiRequest,
  type Command,
  type CommandInput,
  given,
  PAGE_OPTIONS,
  queryOf,
  segment,
  text,
  texts,
  UsageError,
  wholeNumber,
} from "../command.ts";
import { fields, table } from "../table.ts";

type Shown = Record<string, unknown>;

/** Site keys, signing keys and API keys. */
export const KEY_COMMANDS: readonly Command[] = [
  {
    name: "site-key create",
    summary: "make a site key for pages of these origins",
    arguments: ["tenant"],
    options: {
      origin: {
        type: "string",
        multiple: true,
        value: "ORIGIN",
        help: "https://shop.example; may be repeated",
      },
      name: { type: "string", value: "TEXT", help: "the name for people" },
      "daily-tokens": { type: "string", value: "N", help: "tokens that all its visitors may use a day" },
    },
    request: (input) => ({
      method: "POST",
      path: `/tenants/${segment(input, "tenant")}/site-keys`,
      body: given({
        name: text(input, "name"),
        allowedOrigins: texts(input, "origin"),
        dailyTokens: wholeNumber(input, "daily-tokens"),
      }),
    }),
    show: (key) => fields(key),
  },
  listCommand("site-key list", "list site keys", "site-keys", ({ siteKeys }: { siteKeys: Shown[] }) =>
    table(
      ["ID", "KEY", "NAME", "ORIGINS", "LAST USED"],
      siteKeys.map((key) => [key.id, key.key, key.name, key.allowedOrigins, key.lastUsedAt]),
    ),
  ),
  {
    name: "site-key update",
    summary: "change a site key's name or origins",
    arguments: ["tenant", "site-key"],
    options: {
      origin: { type: "string", multiple: true, value: "ORIGIN", help: "all origins allowed from now on" },
      name: { type: "string", value: "TEXT", help: "the name for people" },
    },
    request(input) {
      const origins = texts(input, "origin");
      const body = given({
        name: text(input, "name"),
        allowedOrigins: origins.length === 0 ? undefined : origins,
      });
      if (Object.keys(body).length === 0) throw new UsageError("say what to change");
      return { method: "PATCH", path: siteKeyPath(input), body };
    },
    show: (key) => fields(key),
  },
  {
    name: "site-key rotate",
    summary: "give a site key a new text; the former one counts on for its grace",
    arguments: ["tenant", "site-key"],
    options: { grace: { type: "string", value: "SECONDS", help: "86400 where absent; 0 ends it now" } },
    request: (input) => ({
      method: "POST",
      path: `${siteKeyPath(input)}/rotate`,
      body: given({ graceSeconds: wholeNumber(input, "grace") }),
    }),
    show: (key) => fields(key),
  },
  revokeCommand("site-key revoke", "revoke a site key: its sockets close", "site-keys", "site-key"),
  {
    name: "signing-key create",
    summary: "make a shared secret, or bring a public key or a JWKS",
    arguments: ["tenant"],
    options: {
      kid: { type: "string", value: "NAME", help: "the name that tokens carry" },
      algorithm: { type: "string", value: "ALG", help: "HS256 (where absent), RS256 or ES256" },
      "public-key-file": { type: "string", value: "FILE", help: "PEM, for RS256 and ES256" },
      "jwks-url": { type: "string", value: "URL", help: "where a provider publishes its keys" },
      issuer: { type: "string", value: "TEXT", help: "with --jwks-url" },
      audience: { type: "string", value: "TEXT", help: "with --jwks-url" },
      "user-claim": { type: "string", value: "CLAIM", help: "with --jwks-url; sub where absent" },
      "tenant-claim": { type: "string", value: "CLAIM", help: "with --jwks-url" },
      "name-claim": { type: "string", value: "CLAIM", help: "with --jwks-url" },
    },
    request: async (input) => ({
      method: "POST",
      path: `/tenants/${segment(input, "tenant")}/signing-keys`,
      body: await signingKeyOf(input),
    }),
    show: (key) => fields(key),
  },
  listCommand(
    "signing-key list",
    "list signing keys",
    "signing-keys",
    ({ signingKeys }: { signingKeys: Shown[] }) =>
      table(
        ["KID", "ALGORITHM", "ISSUER", "LAST USED"],
        signingKeys.map((key) => [key.kid, key.algorithm, key.issuer, key.lastUsedAt]),
      ),
  ),
  revokeCommand("signing-key revoke", "revoke a signing key", "signing-keys", "kid"),
  {
    name: "api-key create",
    summary: "make a key for a back end (sk) or an admin (ak)",
    arguments: ["tenant"],
    options: {
      name: { type: "string", value: "TEXT", help: "the person or service that holds it" },
      kind: { type: "string", value: "KIND", help: "sk or ak" },
      role: { type: "string", value: "ROLE", help: "of an ak: viewer, editor or owner" },
    },
    request: (input) => ({
      method: "POST",
      path: `/tenants/${segment(input, "tenant")}/api-keys`,
      body: given({ name: text(input, "name"), kind: text(input, "kind"), role: text(input, "role") }),
    }),
    show: (key) => fields(key),
  },
  listCommand("api-key list", "list API keys", "api-keys", ({ apiKeys }: { apiKeys: Shown[] }) =>
    table(
      ["ID", "NAME", "KIND", "ROLE", "LAST USED"],
      apiKeys.map((key) => [key.id, key.name, key.kind, key.role, key.lastUsedAt]),
    ),
  ),
  revokeCommand("api-key revoke", "revoke an API key", "api-keys", "api-key"),
];

function siteKeyPath(input: CommandInput): string {
  return `/tenants/${segment(input, "tenant")}/site-keys/${segment(input, "site-key")}`;
}

function listCommand(name: string, summary: string, things: string, show: Command["show"]): Command {
  return {
    name,
    summary,
    arguments: ["tenant"],
    options: PAGE_OPTIONS,
    request: (input): ApiRequest => ({
      method: "GET",
      path: `/tenants/${segment(input, "tenant")}/${things}`,
      query: queryOf(input, ["after", "limit"]),
    }),
    show,
  };
}

function revokeCommand(name: string, summary: string, things: string, argument: string): Command {
  return {
    name,
    summary,
    arguments: ["tenant", argument],
    options: {},
    request: (input): ApiRequest => ({
      method: "DELETE",
      path: `/tenants/${segment(input, "tenant")}/${things}/${segment(input, argument)}`,
    }),
    show: (_, input) => `revoked ${input.arguments[argument]}`,
  };
}

async function signingKeyOf(input: CommandInput): Promise<Record<string, unknown>> {
  const kid = text(input, "kid");
  const jwksUrl = text(input, "jwks-url");
  if (jwksUrl !== undefined) {
    const claims = given({
      user: text(input, "user-claim") ?? "sub",
      tenant: text(input, "tenant-claim"),
      name: text(input, "name-claim"),
    });
    return given({ kid, jwksUrl, issuer: text(input, "issuer"), audience: text(input, "audience"), claims });
  }
  const algorithm = text(input, "algorithm") ?? "HS256";
  const file = text(input, "public-key-file");
  if (file === undefined) return given({ kid, algorithm });
  try {
    return given({ kid, algorithm, publicKey: await readFile(file, "utf8") });
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
}
