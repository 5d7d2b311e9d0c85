import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  ADMIN_KEYS,
  type AdminGateway,
  OPERATOR_KEY,
  pushedConversation,
  startAdminGateway,
} from "./support/admin-client.ts";
import { signToken } from "./support/test-client.ts";
import { ACME_API_KEY, PAGE_ORIGIN } from "./support/test-gateway.ts";

/*
 * Who may do what to the tenant acme. `T` in a path is that tenant. A column is a caller:
 *
 *   none      no key            visitor, user   their JWTs          sk        acme's back end
 *   viewer, editor, owner       acme's admins   stranger            globex's owner
 *   operator  the platform's
 *
 * Letters: · 401 not known, x 403 not allowed, - 404 not there for them, ok allowed.
 */
const CALLERS = [
  "none",
  "visitor",
  "user",
  "sk",
  "viewer",
  "editor",
  "owner",
  "stranger",
  "operator",
] as const;
type Caller = (typeof CALLERS)[number];

const MATRIX = `
                                  none visitor user  sk  viewer editor owner stranger operator
POST   /tenants                    ·     ·      ·    x     x      x      x      x        ok
GET    /tenants                    ·     ·      ·    x     ok     ok     ok     ok       ok
GET    T                           ·     ·      ·    x     ok     ok     ok     -        ok
PATCH  T                           ·     ·      ·    x     x      ok     ok     -        ok
DELETE T                           ·     ·      ·    x     x      x      x      -        ok
POST   T/site-keys                 ·     ·      ·    x     x      ok     ok     -        ok
GET    T/site-keys                 ·     ·      ·    x     ok     ok     ok     -        ok
GET    T/site-keys/KEY             ·     ·      ·    x     ok     ok     ok     -        ok
PATCH  T/site-keys/KEY             ·     ·      ·    x     x      ok     ok     -        ok
POST   T/site-keys/KEY/rotate      ·     ·      ·    x     x      ok     ok     -        ok
DELETE T/site-keys/KEY             ·     ·      ·    x     x      ok     ok     -        ok
POST   T/signing-keys              ·     ·      ·    x     x      x      ok     -        ok
GET    T/signing-keys              ·     ·      ·    x     ok     ok     ok     -        ok
DELETE T/signing-keys/KID          ·     ·      ·    x     x      x      ok     -        ok
POST   T/api-keys                  ·     ·      ·    x     x      x      ok     -        ok
GET    T/api-keys                  ·     ·      ·    x     ok     ok     ok     -        ok
DELETE T/api-keys/ID               ·     ·      ·    x     x      x      ok     -        ok
GET    T/usage                     ·     ·      ·    x     ok     ok     ok     -        ok
GET    T/conversations             ·     ·      ·    x     ok     ok     ok     -        ok
GET    T/conversations/ID          ·     ·      ·    x     ok     ok     ok     -        ok
GET    T/users/ID/export           ·     ·      ·    x     x      x      ok     -        ok
DELETE T/users/ID                  ·     ·      ·    x     x      x      ok     -        ok
GET    T/audit                     ·     ·      ·    x     ok     ok     ok     -        ok
`;

const REFUSED: Readonly<Record<string, number>> = { "·": 401, x: 403, "-": 404 };

interface Row {
  readonly method: string;
  readonly path: string;
  readonly expected: Readonly<Record<Caller, string>>;
}

const ROWS: readonly Row[] = MATRIX.trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [method = "", path = "", ...cells] = line.trim().split(/\s+/);
    const expected = Object.fromEntries(CALLERS.map((caller, index) => [caller, cells[index]]));
    return { method, path, expected: expected as Row["expected"] };
  });

describe("who may do what in the admin API", () => {
  let gateway: AdminGateway;
  let keys: Readonly<Record<Caller, string | null>>;
  let conversation: string;
  beforeAll(async () => {
    gateway = await startAdminGateway();
    conversation = await pushedConversation(gateway);
    const session = await fetch(`http://127.0.0.1:${gateway.gateway.port}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: PAGE_ORIGIN },
      body: JSON.stringify({ siteKey: "pk_acme" }),
    });
    const { token } = (await session.json()) as { token: string };
    const { viewer, editor, owner, stranger } = ADMIN_KEYS;
    keys = {
      none: null,
      visitor: token,
      user: signToken(),
      sk: ACME_API_KEY,
      viewer,
      editor,
      owner,
      stranger,
      operator: OPERATOR_KEY,
    };
  });
  afterAll(() => gateway.stop());

  let names = 0;
  /** What is sent where the call is allowed, so that nothing but the caller decides. */
  const bodyOf = (method: string, path: string): unknown => {
    if (path === "/tenants") return { id: `made-${++names}`, name: "Made" };
    if (path.endsWith("/rotate")) return { graceSeconds: 60 };
    if (path.endsWith("/site-keys")) return { allowedOrigins: ["https://a.example"] };
    if (path.endsWith("/signing-keys")) return { algorithm: "HS256" };
    if (path.endsWith("/api-keys")) return { name: "Made", kind: "sk" };
    return method === "PATCH" ? { name: `Name ${++names}` } : {};
  };

  test("the table names every operation of the document", async () => {
    const { body } = await gateway.as(null)("GET", "/openapi.json");
    const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "*")}`),
    );
    const named = ROWS.map(
      ({ method, path }) =>
        `${method} ${path.replace(/^T/, "/tenants/*").replaceAll(/\/(KEY|KID|ID)(?=\/|$)/g, "/*")}`,
    );
    expect(named.toSorted()).toEqual(described.toSorted());
  });

  test.each(
    ROWS.flatMap((row) =>
      CALLERS.map((caller) => [row.method, row.path, caller, row.expected[caller], row] as const),
    ),
  )("%s %s by %s is %s", async (method, path, caller, expected, row) => {
    const { tenant, kept } = await reached(row, caller);
    const real = path
      .replace(/^T/, `/tenants/${tenant}`)
      .replaceAll(/\/(KEY|KID|ID)(?=\/|$)/g, () => `/${encodeURIComponent(kept)}`);
    const body = method === "POST" || method === "PATCH" ? { body: bodyOf(method, path) } : {};
    const answer = await gateway.as(keys[caller])(method, real, body);
    if (expected === "ok") expect(answer.status).toBeLessThan(300);
    else {
      expect(answer.status).toBe(REFUSED[expected ?? ""]);
      expect(answer.body).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
    }
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  /** The tenant that a row is about, and what its path names: made anew where the call would take it away. */
  async function reached({ method, path }: Row, caller: Caller): Promise<{ tenant: string; kept: string }> {
    const make = async (at: string, body: unknown) => (await gateway.operator("POST", at, { body })).body;
    if (method === "DELETE" && path === "T" && caller === "operator") {
      return { tenant: (await make("/tenants", { id: "short-lived", name: "Short-lived" })).id, kept: "" };
    }
    const acme = (kept: string) => ({ tenant: "acme", kept });
    if (path.includes("/site-keys/")) {
      return acme((await make("/tenants/acme/site-keys", { allowedOrigins: ["https://a.example"] })).id);
    }
    if (path.includes("/signing-keys/")) {
      return acme((await make("/tenants/acme/signing-keys", { algorithm: "HS256" })).kid);
    }
    if (path.includes("/api-keys/")) {
      return acme((await make("/tenants/acme/api-keys", { name: "x", kind: "sk" })).id);
    }
    return acme(path.includes("/conversations/") ? conversation : "ada");
  }
});
