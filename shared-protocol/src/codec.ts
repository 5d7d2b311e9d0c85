import type { z } from "zod";
import { CLIENT_FRAME_TYPES, type ClientFrame, ClientFrameSchema } from "./client-frames.ts";
import type { ErrorCode } from "./constants.ts";
import { SERVER_FRAME_TYPES, type ServerFrame, ServerFrameSchema } from "./server-frames.ts";

/** What is said of a frame that was not understood. */
interface Refusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
  readonly ref?: string;
}

/** A frame that was understood, or the refusal it gets: never an exception. */
export type Decoded<Frame> = { readonly ok: true; readonly frame: Frame } | Refusal;

const READABLE_ID = /^[A-Za-z0-9_-]{1,64}$/;
const CLIENT_TYPES: ReadonlySet<string> = new Set(CLIENT_FRAME_TYPES);
const SERVER_TYPES: ReadonlySet<string> = new Set(SERVER_FRAME_TYPES);

/**
 * Decodes one text frame from a client. Unknown fields are dropped, an unknown type is `UNSUPPORTED_TYPE`,
 * a text past its limit `MESSAGE_TOO_LARGE`, all else that is wrong `INVALID_FRAME`, with `ref` wherever
 * the frame had a readable `id`. The message names the field and never quotes what it held.
 */
export function decodeClientFrame(text: string): Decoded<ClientFrame> {
  return decode(text, ClientFrameSchema, CLIENT_TYPES);
}

/**
 * Decodes one text frame from a server, for clients that want it checked against the schema. Words that
 * only a later version knows are read as that version allows: an unknown `reason` or `status` as `error`,
 * `role` as `system`, `code` as `INTERNAL`. An unknown type is `UNSUPPORTED_TYPE`, which a client ignores.
 */
export function decodeServerFrame(text: string): Decoded<ServerFrame> {
  return decode(text, ServerFrameSchema, SERVER_TYPES);
}

/** Writes a frame as the text that goes over the wire. */
export function encodeFrame(frame: ClientFrame | ServerFrame): string {
  return JSON.stringify(frame);
}

function decode<Frame>(text: string, schema: z.ZodType<Frame>, types: ReadonlySet<string>): Decoded<Frame> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, code: "INVALID_FRAME", message: "the frame is not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, code: "INVALID_FRAME", message: "a frame is one JSON object" };
  }
  const { id, type } = value as { id?: unknown; type?: unknown };
  const ref = typeof id === "string" && READABLE_ID.test(id) ? { ref: id } : {};
  if (typeof type !== "string") {
    return { ok: false, code: "INVALID_FRAME", message: "`type` must be a string", ...ref };
  }
  if (!types.has(type)) {
    return { ok: false, code: "UNSUPPORTED_TYPE", message: "this `type` is not one of parlance.v1", ...ref };
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, frame: parsed.data } : { ...refusal(parsed.error.issues), ...ref };
}

function refusal(issues: readonly z.core.$ZodIssue[]): Refusal {
  const tooLarge = issues.find(
    (issue) => issue.code === "custom" && issue.params?.code === "MESSAGE_TOO_LARGE",
  );
  const issue = tooLarge ?? issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  return {
    ok: false,
    code: tooLarge ? "MESSAGE_TOO_LARGE" : "INVALID_FRAME",
    message: `${path === "" ? "frame" : `\`${path}\``}: ${issue?.message ?? "not valid"}`,
  };
}
