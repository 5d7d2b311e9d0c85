import { z } from "zod";
import type { Operation } from "./operation.ts";

type Json = Record<string, unknown>;

const PROBLEM = { $ref: "#/components/schemas/Problem" };

/** Why each status is answered where a call is refused. */
const REFUSALS: Readonly<Record<string, string>> = {
  400: "What was sent is not valid; the message names the field",
  401: "No key, or one that is not known",
  403: "The key may not do this",
  404: "There is no such thing, or it is another tenant's",
  409: "The id is taken, or was; or there are too many",
  412: "It was changed since the revision that `If-Match` names",
  413: "The body is longer than 64 KiB",
  415: "The body is not `application/json`, or is encoded",
  429: "Too many keys from this address did not hold; `Retry-After` says how long to wait",
};

/** The OpenAPI 3.1 document of the operations, made of the schemas that validate them. */
export function openApiDocument(operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {};
  const schemas: Record<string, Json> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: described(operation, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Parlance admin API",
      version: "1",
      description: "Tenants, their keys, and what was used, said and done.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/admin/api" }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "The operator's key, or an `ak_` key of the tenant",
        },
      },
      schemas: {
        ...schemas,
        Problem: {
          type: "object",
          required: ["error"],
          properties: {
            error: {
              type: "object",
              required: ["code", "message"],
              properties: { code: { type: "string" }, message: { type: "string" } },
              additionalProperties: false,
            },
          },
          additionalProperties: false,
        },
      },
    },
  };
}

/** @param schemas the named schemas, which this adds to */
function described(operation: Operation, schemas: Record<string, Json>): Json {
  const { id, summary, description, body, query, conditional = false, status, response, access } = operation;
  const who = access === "operator" ? "The operator alone." : `Least role of a tenant's key: ${access}.`;
  return {
    operationId: id,
    summary,
    description: description === undefined ? who : `${description} ${who}`,
    parameters: [
      ...pathParameters(operation.path),
      ...(query === undefined ? [] : queryParameters(query, schemas)),
      ...(conditional ? [IF_MATCH] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(body, "input", schemas) } },
          },
        }),
    responses: {
      [status]: {
        description: summary,
        ...(response === undefined
          ? {}
          : { content: { "application/json": { schema: schemaOf(response, "output", schemas) } } }),
      },
      ...Object.fromEntries(
        statusesOf(operation).map((refused) => [
          refused,
          { description: REFUSALS[refused], content: { "application/json": { schema: PROBLEM } } },
        ]),
      ),
    },
  };
}

const IF_MATCH: Json = {
  name: "If-Match",
  in: "header",
  required: false,
  description: "An `ETag` that was read: where the thing was changed since, nothing happens (412)",
  schema: { type: "string" },
};

function statusesOf({ body, query, path, method, conditional }: Operation): string[] {
  return [
    "400",
    "401",
    "403",
    ...(path.includes(":") ? ["404"] : []),
    ...(method === "GET" ? [] : ["409"]),
    ...(conditional ? ["412"] : []),
    ...(body === undefined ? [] : ["413", "415"]),
    "429",
  ].filter((status) => status !== "400" || body !== undefined || query !== undefined || path.includes(":"));
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", minLength: 1 },
  }));
}

function queryParameters(query: z.ZodType, schemas: Record<string, Json>): Json[] {
  const { properties = {} } = schemaOf(query, "input", schemas) as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: Object.keys(schema).length === 0 ? { type: "integer" } : schema,
  }));
}

/** The schema; those with a name stand in the document once, and are referred to. */
function schemaOf(schema: z.ZodType, io: "input" | "output", schemas: Record<string, Json>): Json {
  const made = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io,
    reused: "inline",
    unrepresentable: "any",
  });
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/');
  const {
    $schema: _dialect,
    $defs = {},
    ...rest
  } = JSON.parse(text) as Json & { $defs?: Record<string, Json> };
  Object.assign(schemas, $defs);
  return rest;
}
