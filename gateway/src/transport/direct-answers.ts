import type { ErrorCode } from "@parlance/protocol";
import type { SocketSession } from "./socket-session.ts";

/** The `ref` of a direct answer. */
export function refOf(frame: { readonly id?: string | undefined }): { ref?: string } {
  return frame.id === undefined ? {} : { ref: frame.id };
}

/** Answers a frame with a refusal. */
export function refuse(
  session: SocketSession,
  frame: { readonly id?: string | undefined },
  code: ErrorCode,
  message: string,
  retryAfter?: number,
): void {
  const retry = retryAfter === undefined ? {} : { retryAfter };
  session.outbox.send({ type: "error", code, message, ...refOf(frame), ...retry });
}
