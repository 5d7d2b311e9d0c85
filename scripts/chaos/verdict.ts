import type { Message, ServerFrameOf } from "@parlance/protocol";
import type { RequestRecord } from "../upstream-simulator/index.ts";
import {
  checkAttempts,
  checkOneAtATime,
  chunksOf,
  courseOf,
  ranToItsEnd,
  wasGivenUpOnWaking,
} from "./call-check.ts";
import type { Question } from "./ledger.ts";
import { madeAt } from "./orphans.ts";
import type { Reading } from "./readings.ts";
import type { Outage } from "./stage.ts";
import type { ChaosUser } from "./user.ts";

/** What the servers say of one user when all is quiet. */
export interface Evidence {
  readonly archive: ReadonlyMap<string, Message>;
  /** Calls of the model by question, oldest first. */
  readonly calls: ReadonlyMap<string, readonly RequestRecord[]>;
  readonly outages: readonly Outage[];
}

/** Holds all that one user was promised and shown against what the archive and the upstream say. */
export function judge(user: ChaosUser, evidence: Evidence): void {
  const { ledger, devices } = user;
  const byConversation = new Map<string, RequestRecord[]>();
  for (const question of ledger.questions.values()) {
    const { promise } = question;
    if (promise === null) {
      ledger.breaks("never acknowledged", question);
      continue;
    }
    const made = evidence.calls.get(question.content) ?? [];
    const others = made.filter((call) => !wasGivenUpOnWaking(call, evidence.outages));
    // One that was the only one is the attempt that stands.
    const calls = others.length > 0 ? others : made;
    const ofConversation = byConversation.get(promise.conversation) ?? [];
    byConversation.set(promise.conversation, [...ofConversation, ...calls]);
    const { reply, conversation } = promise;
    const done = ledger.endOf(question);
    const { epoch, reason, seq } = done ?? {};
    const told = {
      reply,
      conversation,
      epoch,
      reason,
      seq,
      calls: calls.map(courseOf),
      devices: devices.map((device) => `${device}`),
    };
    for (const wrong of checkAttempts(calls, evidence.outages)) ledger.breaks(wrong, told);
    for (const wrong of judgeAnswer({ ...question, done }, calls, evidence.archive))
      ledger.breaks(wrong, told);
    const answer = evidence.archive.get(promise.reply)?.content ?? "";
    for (const device of devices) {
      if (device.wasThere(madeAt(promise.message)) && !device.shown.has(promise.message))
        ledger.breaks("a device that was there all the time was never shown a question", told);
      const reading = device.readings.all.get(promise.reply);
      if (reading !== undefined)
        for (const wrong of judgeReading(reading, answer, calls)) ledger.breaks(wrong, told);
      else if (device.wasThere(madeAt(promise.reply)))
        ledger.breaks("a device that was there all the time was never shown a reply", told);
    }
  }
  for (const calls of byConversation.values()) {
    const inOrder = calls.toSorted((left, right) => left.startedAt - right.startedAt);
    for (const wrong of checkOneAtATime(inOrder, evidence.outages)) ledger.breaks(wrong, ledger.user);
  }
  const messages = [...evidence.archive.values()].filter(({ role }) => role === "user").length;
  if (messages !== ledger.byReply.size)
    ledger.breaks(`${ledger.byReply.size} questions became ${messages} messages`, ledger.user);
}

/** What is wrong with an answer as it was ended and stored. */
function judgeAnswer(
  { promise, done, cancelled, tokens }: Question & { done: ServerFrameOf<"done"> | null },
  calls: readonly RequestRecord[],
  archive: ReadonlyMap<string, Message>,
): string[] {
  if (promise === null) return [];
  if (done === null) return ["no end"];
  const { seq, reason, usage } = done;
  const asked = archive.get(promise.message);
  const answer = archive.get(promise.reply);
  if (asked === undefined || answer === undefined) return ["not in the archive"];
  const wrong: string[] = [];
  if (reason !== "stop" && !(reason === "cancelled" && cancelled)) wrong.push(`ended as ${reason}`);
  if ((answer.status ?? "stop") !== reason) wrong.push(`ended as ${reason}, stored as ${answer.status}`);
  const last = calls.at(-1);
  const said = last === undefined ? [] : chunksOf(last);
  if (answer.content !== said.slice(0, seq).join("")) wrong.push("not what the attempt that stands said");
  if (reason === "stop") {
    if (last === undefined || !ranToItsEnd(last) || seq !== tokens) wrong.push("stopped short of its end");
    if (usage.outputTokens !== tokens) wrong.push(`${tokens} tokens were billed as ${usage.outputTokens}`);
  }
  return wrong;
}

/** What is wrong with what a device holds. */
function judgeReading(reading: Reading, answer: string, calls: readonly RequestRecord[]): string[] {
  const wrong: string[] = [];
  if (reading.done === null) wrong.push("a device was never told of the end");
  else if (reading.text !== answer)
    wrong.push(`a device holds ${sketch(reading)}, the archive ${JSON.stringify(answer.slice(0, 40))}`);
  const texts = calls.map((call) => chunksOf(call).join(""));
  if (!reading.former.every((text) => texts.some((whole) => whole.startsWith(text))))
    wrong.push("a device was shown what no attempt said");
  return wrong;
}

function sketch({ epoch, seq, text, done }: Reading): string {
  return JSON.stringify({ epoch, seq, text: text.slice(0, 40), characters: text.length, done });
}
