import type { ErrorCode } from "@parlance/protocol";
import type { z } from "zod";
import { BodyTooLarge, type HttpRequest, type HttpResponse } from "../ports/socket-server.ts";

/** Largest body outside attachments, bytes. */
const BODY_BYTES = 65_536;

/** An answer of JSON. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
    body: JSON.stringify(value),
  };
}

/** A refusal: `{"error":{"code","message"}}`. */
export function problem(
  status: number,
  code: ErrorCode,
  message: string,
  options: { retryAfter?: number; headers?: Record<string, string> } = {},
): HttpResponse {
  const retry =
    options.retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(options.retryAfter)) };
  return json(status, { error: { code, message } }, { ...options.headers, ...retry });
}

/** A refusal by a gate: 429 with `Retry-After`. */
export function tooMany(retryAfter: number, message: string): HttpResponse {
  return problem(429, "RATE_LIMITED", message, { retryAfter });
}

/** Lets any page read an answer, without credentials: admission is judged on the request itself. */
export function readableByAnyOrigin(response: HttpResponse): HttpResponse {
  return {
    ...response,
    headers: {
      ...response.headers,
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "Retry-After",
    },
  };
}

/** The answer to a preflight. */
export const PREFLIGHT: HttpResponse = {
  status: 204,
  headers: {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type",
    "access-control-max-age": "7200",
    vary: "Origin, Access-Control-Request-Headers",
  },
};

/** A body, or the refusal it gets. */
export type ReadBody<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly response: HttpResponse };

/** Reads a body of JSON and checks it. Errors name the field and never quote what it held. */
export async function readJson<Schema extends z.ZodType>(
  request: HttpRequest,
  schema: Schema,
): Promise<ReadBody<z.output<Schema>>> {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return {
      ok: false,
      response: problem(415, "UNSUPPORTED_TYPE", "send the body without Content-Encoding"),
    };
  }
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    return { ok: false, response: problem(415, "UNSUPPORTED_TYPE", "send Content-Type: application/json") };
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await request.body(BODY_BYTES)));
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      return { ok: false, response: problem(413, "MESSAGE_TOO_LARGE", error.message) };
    }
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return { ok: false, response: problem(400, "INVALID_FRAME", "the body is not JSON in UTF-8") };
    }
    throw error;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  const message = `${path === "" ? "body" : `\`${path}\``}: ${issue?.message ?? "not valid"}`;
  return { ok: false, response: problem(400, "INVALID_FRAME", message) };
}

/** The token of `Authorization: Bearer`, or null. */
export function bearerToken(request: HttpRequest): string | null {
  const match = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "");
  return match?.[1] ?? null;
}

/**
 * The origin of the page that asks, or null. A browser sends no `Origin` with a same-origin GET, but says
 * that it is one.
 */
export function pageOrigin(request: HttpRequest, publicUrl: string | null): string | null {
  const { origin } = request.headers;
  if (origin !== undefined) return origin;
  return request.headers["sec-fetch-site"] === "same-origin" ? baseUrl(request, publicUrl) : null;
}

/** The gateway's own base URL, as configured, or as the request reached it. */
export function baseUrl(request: HttpRequest, publicUrl: string | null): string {
  if (publicUrl !== null) return new URL(publicUrl).origin;
  return `http://${request.headers.host ?? "localhost"}`;
}
