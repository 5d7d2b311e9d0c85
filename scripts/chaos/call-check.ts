import { type RequestRecord, simulatedTokens } from "../upstream-simulator/index.ts";
import { callerOf, type Outage } from "./stage.ts";

/** Milliseconds by which an aborted call may be seen to end later than the next one begins. */
const ABORT_SEEN = 300;
/** Milliseconds within which a call that was given up at once is seen to begin and to end. */
const AT_ONCE = 20;
/** Milliseconds after an instance woke in which it may send what it was about to send when it was stopped. */
const WAKING = 1_000;

/** The chunks that a call of the model was answered with, whole. */
export function chunksOf({ directives }: RequestRecord): string[] {
  return simulatedTokens(directives.seed, directives.tokens);
}

/** A call in a few words, for whoever looks for what went wrong. */
export function courseOf(call: RequestRecord): string {
  const { startedAt, endedAt, abortedAt, tokensSent } = call;
  const time = (at: number | undefined): string => (at === undefined ? "?" : `${Math.round(at % 1e6)}`);
  const end = abortedAt === undefined ? `ended ${time(endedAt)}` : `aborted ${time(abortedAt)}`;
  return `${callerOf(call)} ${time(startedAt)} ${end} after ${tokensSent}`;
}

/** Whether an instance was about to make a call when it was stopped, and gave it up as soon as it looked again. */
export function wasGivenUpOnWaking(call: RequestRecord, outages: readonly Outage[]): boolean {
  const { startedAt, abortedAt } = call;
  return outages.some(
    ({ instance, to }) =>
      instance === callerOf(call) &&
      abortedAt !== undefined &&
      startedAt > to - AT_ONCE &&
      abortedAt < to + WAKING,
  );
}

/** Whether a call was given up before the upstream came to look at it, so that it says nothing of when it was made. */
function wasGivenUpUnseen({ startedAt, abortedAt }: RequestRecord): boolean {
  return abortedAt !== undefined && abortedAt - startedAt < AT_ONCE;
}

/** Whether a call was answered to its end. */
export function ranToItsEnd(call: RequestRecord): boolean {
  return call.endedAt !== undefined && call.abortedAt === undefined;
}

/**
 * What is wrong with the calls for one reply, oldest first: one that follows another is a take-over, and needs an
 * instance that was gone meanwhile.
 */
export function checkAttempts(calls: readonly RequestRecord[], outages: readonly Outage[]): string[] {
  const wrong: string[] = [];
  for (const [index, call] of calls.entries()) {
    const before = calls[index - 1];
    if (before !== undefined && !wasGone(before, call.startedAt, outages))
      wrong.push(`called again by ${callerOf(call)} though ${callerOf(before)} was there`);
    if (call.endedAt === undefined && call.abortedAt === undefined) wrong.push("a call was never given up");
  }
  if (calls.filter(ranToItsEnd).length > 1 + Math.max(0, calls.length - 1)) wrong.push("answered twice");
  return wrong;
}

/** What is wrong with the calls for one conversation, oldest first: one at a time, where no instance was gone. */
export function checkOneAtATime(calls: readonly RequestRecord[], outages: readonly Outage[]): string[] {
  const seen = calls.filter((call) => !wasGivenUpUnseen(call));
  return seen.flatMap((call, index) => {
    const before = seen[index - 1];
    const end = before?.endedAt ?? before?.abortedAt ?? 0;
    if (before === undefined || end < call.startedAt + ABORT_SEEN) return [];
    if (wasGone(before, call.startedAt, outages)) return [];
    return [`${courseOf(call)} called while that had not ended: ${courseOf(before)}`];
  });
}

/** Whether the instance that made a call was gone at some time between that call and a moment. */
function wasGone(call: RequestRecord, until: number, outages: readonly Outage[]): boolean {
  return outages.some(
    ({ instance, from, to }) => instance === callerOf(call) && from < until && to > call.startedAt,
  );
}
