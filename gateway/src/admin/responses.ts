import type { z } from "zod";
import { BodyTooLarge, type HttpRequest, type HttpResponse } from "../ports/socket-server.ts";

/** Largest body, bytes. */
const BODY_BYTES = 65_536;

/** Why a call was refused; the message says what to do and quotes no secret. */
export type RefusalCode =
  | "INVALID_FRAME"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "CONFLICT"
  | "PRECONDITION_FAILED"
  | "MESSAGE_TOO_LARGE"
  | "UNSUPPORTED_TYPE"
  | "RATE_LIMITED";

const STATUS: Readonly<Record<RefusalCode, number>> = {
  INVALID_FRAME: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  MESSAGE_TOO_LARGE: 413,
  UNSUPPORTED_TYPE: 415,
  RATE_LIMITED: 429,
};

/** A call that is refused; the routes make its answer of it. */
export class Refused extends Error {
  readonly code: RefusalCode;
  /** Whole seconds to wait; null where waiting is of no use. */
  readonly retryAfter: number | null;

  constructor(code: RefusalCode, message: string, retryAfter: number | null = null) {
    super(message);
    this.name = "Refused";
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** An answer of JSON, which nobody keeps. No CORS headers: pages of other origins read nothing here. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
    body: JSON.stringify(value),
  };
}

const WANTED_TYPE = "send Content-Type: application/json";

/** The answer to a refused call. */
export function refusal({ code, message, retryAfter }: Refused): HttpResponse {
  return json(
    STATUS[code],
    { error: { code, message } },
    {
      ...(code === "UNAUTHORIZED" ? { "www-authenticate": "Bearer" } : {}),
      ...(retryAfter === null ? {} : { "retry-after": String(retryAfter) }),
    },
  );
}

/**
 * Reads a body of JSON; none at all is an object without fields.
 *
 * @throws {@link Refused}
 */
export async function readBody(request: HttpRequest): Promise<unknown> {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new Refused("UNSUPPORTED_TYPE", "send the body without Content-Encoding");
  }
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && type !== "application/json") throw new Refused("UNSUPPORTED_TYPE", WANTED_TYPE);
  try {
    const body = await request.body(BODY_BYTES);
    if (type === undefined && body.length > 0) throw new Refused("UNSUPPORTED_TYPE", WANTED_TYPE);
    return body.length === 0 ? {} : JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new Refused("MESSAGE_TOO_LARGE", error.message);
    if (error instanceof SyntaxError || error instanceof TypeError) {
      throw new Refused("INVALID_FRAME", "the body is not JSON in UTF-8");
    }
    throw error;
  }
}

/**
 * Checks what was sent. The message names the field and never quotes what it held.
 *
 * @param place what is checked, for the message where no field can be named
 * @throws {@link Refused}
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  throw new Refused(
    "INVALID_FRAME",
    `${path === "" ? place : `\`${path}\``}: ${issue?.message ?? "not valid"}`,
  );
}
