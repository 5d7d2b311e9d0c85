import type { ModelRequest } from "../../ports/model.ts";
import { type Question, type QuestionKind, readQuestion } from "./question.ts";
import { type Choose, seededChoice } from "./random.ts";
import { code } from "./texts/code.ts";
import { comparison } from "./texts/comparison.ts";
import { explain } from "./texts/explain.ts";
import { howTo } from "./texts/how-to.ts";
import { long } from "./texts/long.ts";
import { price } from "./texts/price.ts";
import { greeting, person, thanks } from "./texts/small-talk.ts";
import { trouble } from "./texts/trouble.ts";
import { NO_TOPIC } from "./topic.ts";

const WRITERS: Readonly<Record<QuestionKind, (question: Question, choose: Choose) => string>> = {
  greeting,
  thanks,
  person,
  code,
  comparison,
  price,
  trouble,
  "how-to": howTo,
  explain,
};

/** Stands at the end of a conversation's first answer, so that nobody takes the simulated model for a real one. */
export const SIMULATED_NOTE = "_Simulated answer: set `ANTHROPIC_API_KEY` for a real model._";

/** What of a request an answer depends on. */
type Asked = Readonly<Omit<ModelRequest, "model" | "maxOutputTokens">>;

/** Writes an answer in Markdown: for the same request and seed always the same one. */
export function writeAnswer(request: Asked, seed: number): string {
  const question = readQuestion(request);
  const choose = seededChoice(seed, request.turns.map((turn) => `${turn.role}: ${turn.content}`).join("\n"));
  const body = question.long ? long(question, choose) : WRITERS[question.kind](question, choose);
  const parts = [lookBack(question, choose), body, question.first ? SIMULATED_NOTE : ""];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Kinds that stand for themselves, whatever was asked before. */
const FRESH: ReadonlySet<QuestionKind> = new Set(["greeting", "thanks", "person", "trouble"]);

/** A word on the question before, where this one goes on from it. */
function lookBack({ kind, earlier, topic }: Question, choose: Choose): string {
  if (FRESH.has(kind) || earlier === undefined || earlier === topic || topic === NO_TOPIC) return "";
  return choose([
    `Going on from *${earlier}*:`,
    `That fits in with your question about *${earlier}*.`,
    `We talked about *${earlier}* before, so this is the next step.`,
    "",
  ]);
}
