import { APIConnectionError, APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { ModelError, type ModelErrorCode } from "../../ports/model.ts";

/** What a status or an error type of Anthropic's means. */
interface Meaning {
  readonly code: ModelErrorCode;
  readonly retryable: boolean;
}

const OVERLOADED: Meaning = { code: "UPSTREAM_OVERLOADED", retryable: true };
const TIMED_OUT: Meaning = { code: "UPSTREAM_TIMEOUT", retryable: true };
const FAILED: Meaning = { code: "UPSTREAM_ERROR", retryable: true };
const REFUSED: Meaning = { code: "UPSTREAM_ERROR", retryable: false };

const BY_TYPE: ReadonlyMap<string, Meaning> = new Map([
  ["overloaded_error", OVERLOADED],
  ["rate_limit_error", OVERLOADED],
  ["timeout_error", TIMED_OUT],
  ["api_error", FAILED],
]);

const TIMEOUT_CODES: ReadonlySet<string> = new Set(["ETIMEDOUT", "ESOCKETTIMEDOUT"]);

function meaningOfStatus(status: number): Meaning {
  if (status === 429 || status === 529) return OVERLOADED;
  if (status === 408 || status === 504) return TIMED_OUT;
  return status >= 500 ? FAILED : REFUSED;
}

/** An `error` event in mid-stream. What the provider said beside its type may quote the prompt: it stays out. */
export function errorFromEvent(type: unknown, textDelivered: boolean): ModelError {
  const { code, retryable } = BY_TYPE.get(String(type)) ?? REFUSED;
  const message = `the provider broke off (${word(type) ?? "unnamed error"})`;
  return new ModelError(code, message, { retryable: retryable && !textDelivered });
}

/** The stream did not come to its own end, or made no sense. */
export function brokenStream(message: string, textDelivered: boolean, cause?: unknown): ModelError {
  return new ModelError("UPSTREAM_ERROR", message, { retryable: !textDelivered, cause });
}

/** The provider was silent for too long. */
export function silentFor(milliseconds: number, textDelivered: boolean): ModelError {
  const message = `the provider was silent for ${milliseconds / 1_000} s`;
  return new ModelError("UPSTREAM_TIMEOUT", message, { retryable: !textDelivered });
}

/**
 * Whatever went wrong in a call, in our words. Messages carry a status, a type and a request id, never a key
 * and never what the provider quotes of the request; errors that are not the provider's pass as they are.
 */
export function toModelError(error: unknown, textDelivered: boolean): unknown {
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionTimeoutError) {
    return new ModelError("UPSTREAM_TIMEOUT", "no answer from the provider in time", { retryable: true });
  }
  if (error instanceof APIConnectionError) return connectionError(error.cause, textDelivered);
  if (error instanceof APIError && error.status !== undefined) return statusError(error, error.status);
  return error;
}

function statusError(error: APIError, status: number): ModelError {
  const { code, retryable } = meaningOfStatus(status);
  const details = [word(error.type), word(error.requestID)].filter((part) => part !== undefined).join(", ");
  const message = `the provider answered ${status}${details === "" ? "" : ` (${details})`}`;
  const retryAfter = retryAfterSeconds(error.headers);
  return new ModelError(code, message, { retryable, ...(retryAfter === undefined ? {} : { retryAfter }) });
}

function connectionError(cause: unknown, textDelivered: boolean): ModelError {
  const systemError = systemCode(cause);
  const code = TIMEOUT_CODES.has(systemError ?? "") ? "UPSTREAM_TIMEOUT" : "UPSTREAM_ERROR";
  const message = `no connection to the provider (${systemError ?? "unknown cause"})`;
  return new ModelError(code, message, { retryable: !textDelivered, cause });
}

/** Node's name for what went wrong below HTTP. */
function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** `retry-after`, in seconds or as a date. */
function retryAfterSeconds(headers: Headers | undefined): number | undefined {
  const value = headers?.get("retry-after");
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds));
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1_000));
}

/** A short word from outside that is safe to show, or undefined. */
function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z0-9_]{1,64}$/.test(value) ? value : undefined;
}
