import type { HttpRequest, ServerHandlers, UpgradeDecision } from "../../ports/socket-server.ts";
import { type Answer, checked, INTERNAL_ERROR } from "./answer.ts";

/** An upgrade that was let in. */
export type Admission = Extract<UpgradeDecision, { accept: true }>;

/** What became of an upgrade: an answer to be written, or the way in. */
export type Decision =
  | { readonly accept: false; readonly answer: Answer }
  | { readonly accept: true; readonly admission: Admission };

/** Asks the gateway for an answer. Never rejects: what was thrown is reported, and the answer is a 500. */
export async function answerTo(handlers: ServerHandlers, request: HttpRequest): Promise<Answer> {
  try {
    return checked(await handlers.http(request));
  } catch (error) {
    report(handlers, request, error);
    return INTERNAL_ERROR;
  }
}

/** Asks the gateway about an upgrade. Never rejects, as above. */
export async function decisionOn(handlers: ServerHandlers, request: HttpRequest): Promise<Decision> {
  try {
    const decision = await handlers.upgrade(request);
    return decision.accept
      ? { accept: true, admission: decision }
      : { accept: false, answer: checked(decision.response) };
  } catch (error) {
    report(handlers, request, error);
    return { accept: false, answer: INTERNAL_ERROR };
  }
}

/** Tells the gateway that a peer it let in is not there any more. */
export function abandon(handlers: ServerHandlers, admission: Admission): void {
  try {
    admission.abandoned();
  } catch (error) {
    handlers.failed(error);
  }
}

/** A handler that ended with the reason of `gone` did what it should: the peer left. */
function report(handlers: ServerHandlers, request: HttpRequest, error: unknown): void {
  if (!(request.gone.aborted && error === request.gone.reason)) handlers.failed(error);
}
