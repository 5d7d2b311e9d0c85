import type { SeedFile } from "../../../src/tenants/seed.ts";
import { ACME_API_KEY, startTestGateway, type TestGateway, TWO_TENANTS } from "./test-gateway.ts";

/** The platform operator's key of the tests. */
export const OPERATOR_KEY = "op_tests_0123456789abcdefghijklmn";
/** Keys of the two tenants' admins, by role. */
export const ADMIN_KEYS = {
  viewer: "ak_acme_viewer_0123456789abcdefghij",
  editor: "ak_acme_editor_0123456789abcdefghij",
  owner: "ak_acme_owner_0123456789abcdefghijk",
  stranger: "ak_globex_owner_0123456789abcdefghi",
} as const;

/** An answer of the admin API. */
export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is for each test to say
  readonly body: any;
}

/** Calls the admin API with one key. */
export type AdminCall = (
  method: string,
  path: string,
  options?: { body?: unknown; headers?: Record<string, string> },
) => Promise<AdminAnswer>;

/** A gateway with two tenants whose admins have keys. */
export interface AdminGateway extends TestGateway {
  /** A caller with this key; without `Authorization` where it is null. */
  as(key: string | null): AdminCall;
  readonly operator: AdminCall;
}

/** Starts it. */
export async function startAdminGateway(
  options: { seed?: SeedFile; environment?: Record<string, string>; socketServer?: "uws" | "ws" } = {},
): Promise<AdminGateway> {
  const started = await startTestGateway({
    ...(options.socketServer === undefined ? {} : { socketServer: options.socketServer }),
    seed: options.seed ?? seedWithAdmins(),
    environment: { PARLANCE_ADMIN_KEY: OPERATOR_KEY, ...options.environment },
  });
  const as =
    (key: string | null): AdminCall =>
    (method, path, { body, headers = {} } = {}) =>
      call(`http://127.0.0.1:${started.gateway.port}/admin/api${path}`, method, {
        ...(body === undefined ? {} : { body }),
        headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
      });
  return { ...started, as, operator: as(OPERATOR_KEY) };
}

/** The two tenants, with admins. */
export function seedWithAdmins(): SeedFile {
  const [acme, globex] = TWO_TENANTS.tenants;
  if (acme === undefined || globex === undefined) throw new Error("the seed has two tenants");
  const roles = ["viewer", "editor", "owner"] as const;
  return {
    tenants: [
      {
        ...acme,
        apiKeys: [
          ...(acme.apiKeys ?? []),
          ...roles.map((role) => ({
            kind: "ak" as const,
            role,
            name: `Acme ${role}`,
            key: ADMIN_KEYS[role],
          })),
        ],
      },
      { ...globex, apiKeys: [{ kind: "ak", name: "Globex owner", key: ADMIN_KEYS.stranger }] },
    ],
  };
}

/** Makes a conversation of acme's user ada, by a message that acme's back end pushes. */
export async function pushedConversation({ gateway }: TestGateway): Promise<string> {
  const pushed = await call(`http://127.0.0.1:${gateway.port}/v1/users/ada/messages`, "POST", {
    body: { content: "Your parcel is on its way." },
    headers: { authorization: `Bearer ${ACME_API_KEY}` },
  });
  return pushed.body.conversation;
}

async function call(
  url: string,
  method: string,
  options: { body?: unknown; headers: Record<string, string> },
): Promise<AdminAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}
