import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import {
  type AdminGateway,
  OPERATOR_KEY,
  pushedConversation,
  startAdminGateway,
} from "./support/admin-client.ts";
import { type Schema, SchemaValues } from "./support/schema-values.ts";

const CALLS = 1_500;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const MODELS = ["simulator", "claude-haiku-5-5"];
/** What fields hold that take no other text. */
const HINTS = {
  id: Array.from({ length: 1_000 }, (_, index) => `made-${index}`),
  kid: Array.from({ length: 1_000 }, (_, index) => `kid-${index}`),
  allowedOrigins: ["https://shop.example", "https://*.example.com", "null", "http://localhost:*"],
  model: MODELS,
  simple: MODELS,
  moderate: MODELS,
  complex: MODELS,
  summaryModel: MODELS,
  failover: MODELS,
  allowedModels: MODELS,
  jwksUrl: ["https://id.example/jwks.json"],
  verifyUrl: ["https://verify.example/"],
  from: ["2026-11-01", "2026-11-01T00:00:00Z"],
  to: ["2026-11-20"],
};

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: string; schema: Schema }[];
  readonly requestBody?: { content: { "application/json": { schema: Schema } } };
  readonly responses: Readonly<Record<string, { content?: unknown }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

describe("the admin API by its own document", () => {
  let gateway: AdminGateway;
  let document: Document;
  let base: string;
  beforeAll(async () => {
    gateway = await startAdminGateway();
    base = `http://127.0.0.1:${gateway.gateway.port}/admin/api`;
    document = (await gateway.as(null)("GET", "/openapi.json")).body;
  });
  afterAll(() => gateway.stop());

  test("is described in OpenAPI 3.1, for anybody to read, with a schema for all that is sent and answered", () => {
    expect(document.openapi).toBe("3.1.0");
    for (const methods of Object.values(document.paths)) {
      for (const [method, { operationId, requestBody, responses }] of Object.entries(methods)) {
        expect([operationId, Object.keys(responses).some((status) => status.startsWith("2"))]).toEqual([
          operationId,
          true,
        ]);
        const sends = method === "post" || method === "patch";
        expect([operationId, requestBody !== undefined]).toEqual([operationId, sends]);
        for (const [status, { content }] of Object.entries(responses)) {
          expect([operationId, status, content !== undefined]).toEqual([
            operationId,
            status,
            status !== "204",
          ]);
        }
      }
    }
  });

  test(`answers ${CALLS} random calls as described, and never with 500 (seed ${SEED})`, async () => {
    const values = new SchemaValues(SEED, HINTS);
    const validators = validatorsOf(document);
    const known = new Known();
    await known.prepare(gateway);
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]) => ({ path, method, described })),
    );
    const statuses = new Map<string, Set<number>>();
    for (let count = 0; count < CALLS; count++) {
      const { path, method, described } = values.pick(operations);
      const url = base + known.fill(path, method, values) + queryOf(described, values);
      const init = requestOf(described, values);
      const response = await fetch(url, {
        method: method.toUpperCase(),
        ...init,
        headers: {
          authorization: `Bearer ${values.chance(0.8) ? OPERATOR_KEY : known.ownerKey}`,
          ...init.headers,
          ...(values.chance(0.1) ? { "if-match": values.pick(['"1"', "*", "W/x", '""', '"9", "2"']) } : {}),
        },
      });
      const text = await response.text();
      const where = `seed ${SEED}, call ${count}: ${method} ${url} ${init.body ?? ""} → ${response.status} ${text}`;
      if (!(response.status in described.responses)) throw new Error(`not described: ${where}`);
      const validate = validators.get(`${path} ${method} ${response.status}`);
      const body: unknown = text === "" ? null : JSON.parse(text);
      if (validate !== undefined && !validate(body)) {
        throw new Error(`not as described: ${where}\n${JSON.stringify(validate.errors)}`);
      }
      known.learn(described.operationId, body);
      statuses.set(
        described.operationId,
        (statuses.get(described.operationId) ?? new Set()).add(response.status),
      );
    }
    for (const { described } of operations) {
      const seen = [...(statuses.get(described.operationId) ?? [])];
      expect([described.operationId, seen.some((status) => status < 300)]).toEqual([
        described.operationId,
        true,
      ]);
    }
  }, 120_000);
});

/** What is there to be named in paths. */
class Known {
  ownerKey = "";
  readonly #ids: Record<string, string[]> = {
    tenant: ["fuzzed", "acme"],
    siteKey: [],
    kid: [],
    apiKey: [],
    conversation: [],
    user: ["eve", "anon_x"],
  };

  /** The tenant that is worked on, and its owner. */
  async prepare(gateway: AdminGateway): Promise<void> {
    const { operator } = gateway;
    await operator("POST", "/tenants", { body: { id: "fuzzed", name: "Fuzzed" } });
    const owner = await operator("POST", "/tenants/fuzzed/api-keys", { body: { name: "Owner", kind: "ak" } });
    this.ownerKey = owner.body.key;
    for (const id of ["spare-1", "spare-2"]) await operator("POST", "/tenants", { body: { id, name: id } });
    this.#ids.conversation?.push(await pushedConversation(gateway));
  }

  fill(path: string, method: string, values: SchemaValues): string {
    const deletesTenant = method === "delete" && path === "/tenants/{tenant}";
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const odd = ["nobody", "a b", "%", "é\u0000", "..", "x".repeat(300), "__proto__"];
      const all = deletesTenant ? ["spare-1", "spare-2"] : (this.#ids[name] ?? []);
      const id = values.chance(0.85) && all.length > 0 ? values.pick(all) : values.pick(odd);
      // A dot segment would be taken away on the way.
      return encodeURIComponent(id).replaceAll(".", "%2E");
    });
  }

  learn(operation: string, body: unknown): void {
    const made = body as { id?: string; kid?: string } | null;
    if (operation === "createSiteKey" && made?.id !== undefined) this.#ids.siteKey?.push(made.id);
    if (operation === "createSigningKey" && made?.kid !== undefined) this.#ids.kid?.push(made.kid);
    if (operation === "createApiKey" && made?.id !== undefined) this.#ids.apiKey?.push(made.id);
  }
}

function validatorsOf(document: Document): ReadonlyMap<string, ValidateFunction> {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: "document" });
  const validators = new Map<string, ValidateFunction>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, { content }] of Object.entries(responses)) {
        if (content === undefined) continue;
        const pointer = ["paths", path, method, "responses", status, "content", "application/json", "schema"];
        const encoded = pointer.map((each) =>
          encodeURIComponent(each.replaceAll("~", "~0").replaceAll("/", "~1")),
        );
        validators.set(
          `${path} ${method} ${status}`,
          ajv.compile({ $ref: `document#/${encoded.join("/")}` }),
        );
      }
    }
  }
  return validators;
}

function queryOf({ parameters }: Described, values: SchemaValues): string {
  const search = new URLSearchParams();
  for (const { name, in: place, schema } of parameters) {
    if (place !== "query" || !values.chance(0.3)) continue;
    const value = values.value(schema, 0.1, name);
    search.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  if (values.chance(0.05)) search.append("unknown", "1");
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

function requestOf(
  { requestBody }: Described,
  values: SchemaValues,
): { headers: Record<string, string>; body?: string } {
  if (requestBody === undefined) return { headers: {} };
  const { schema } = requestBody.content["application/json"];
  const headers = { "content-type": "application/json" };
  if (values.chance(0.03))
    return { headers, body: values.pick(["", "{", "[]", "nul", "\u0000", '"text"', "1"]) };
  if (values.chance(0.02)) return { headers: { "content-type": "text/plain" }, body: "{}" };
  if (values.chance(0.02)) return { headers, body: JSON.stringify({ name: "x".repeat(70_000) }) };
  return { headers, body: JSON.stringify(values.value(schema, values.pick([0, 0, 0, 0.02, 0.1, 0.3]))) };
}
