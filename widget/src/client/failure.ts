import type { ErrorCode } from "@parlance/protocol";
import type { ClientError } from "./types.ts";

/** Trouble as frames spell it, where what is absent may be spelled out. */
type Told = { code: ErrorCode; message: string; retryAfter?: number | undefined };

/** A request to the gateway that came to nothing: refused, timed out, or cut off by a lost connection. */
export class ClientFailure extends Error implements ClientError {
  override readonly name = "ClientFailure";
  readonly code: ErrorCode;
  readonly retryAfter?: number;

  constructor({ code, message, retryAfter }: Told) {
    super(message);
    this.code = code;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }
}

/** Copies the trouble out of an `error` frame or a failure, without what else it carries. */
export function clientError({ code, message, retryAfter }: Told): ClientError {
  return { code, message, ...(retryAfter === undefined ? {} : { retryAfter }) };
}
