import type { ApiRequest } from "./command.ts";

/** Milliseconds that an answer may take: an erasure goes through every layer. */
const ANSWER_MILLISECONDS = 120_000;

/** The API said no, or could not be reached: exit code 1. */
export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

/** What the API answered. */
export interface ApiAnswer {
  readonly value: unknown;
  readonly etag: string | null;
}

/**
 * Asks the API.
 *
 * @throws {@link Refusal}
 */
export async function ask(
  { method, path, query = {}, body, ifMatch }: ApiRequest,
  { url, key }: { url: string; key: string },
): Promise<ApiAnswer> {
  const search = new URLSearchParams(query).toString();
  const target = `${url}/admin/api${path}${search === "" ? "" : `?${search}`}`;
  let response: Response;
  let answer: string;
  try {
    response = await fetch(target, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
    });
    answer = await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Refusal("UNREACHABLE", `${url} does not answer (${reason}): is PARLANCE_URL right?`);
  }
  const value = answer === "" ? null : parse(answer);
  if (response.ok && value !== undefined) return { value, etag: response.headers.get("etag") };
  const error = (value as { error?: { code?: unknown; message?: unknown } } | null | undefined)?.error;
  if (typeof error?.code === "string") throw new Refusal(error.code, String(error.message));
  throw new Refusal("UNREACHABLE", `${url} answered ${response.status}, and not as the admin API does`);
}

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}
