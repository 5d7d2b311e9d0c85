import type { ErrorCode } from "@parlance/protocol";
import type { Scope } from "./scope.ts";
import type { ClientEnvironment, ClientError } from "./types.ts";

const TIMEOUT_MS = 15_000;

/** What an HTTP call came to; `status` 0 where no answer came. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** What to tell of a refusal, from the body, or in its place from the status. */
  readonly error: ClientError;
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  429: "RATE_LIMITED",
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function record(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : {};
  } catch {
    // Empty, or not the gateway's words but some proxy's: the status has to do.
    return {};
  }
}

/** Calls the gateway over HTTP with a time-out; never rejects. */
export async function call(
  { environment, scope }: { environment: ClientEnvironment; scope: Scope },
  url: string,
  init: RequestInit,
): Promise<Answer> {
  const controller = new AbortController();
  const release = scope.own(() => controller.abort());
  const cancelTimeout = scope.after(TIMEOUT_MS, () => controller.abort());
  let status = 0;
  let text = "";
  let retryAfter: number | undefined;
  let message = "the gateway cannot be reached";
  try {
    const response = await environment.fetch(url, {
      ...init,
      signal: controller.signal,
      credentials: "omit",
    });
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    if (seconds >= 0) retryAfter = seconds;
    text = await response.text();
    status = response.status;
    message = `the gateway answered ${status}`;
  } catch (cause) {
    if (cause instanceof Error) message += `: ${cause.message}`;
  } finally {
    cancelTimeout();
    release();
  }
  const body = record(text);
  const told = isRecord(body.error) ? body.error : {};
  return {
    status,
    body,
    error: {
      code: (typeof told.code === "string" ? told.code : (CODES[status] ?? "INTERNAL")) as ErrorCode,
      message: typeof told.message === "string" ? told.message : message,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  };
}
