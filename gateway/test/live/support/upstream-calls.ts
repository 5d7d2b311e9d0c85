import type { RequestRecord, UpstreamSimulator } from "../../../../scripts/upstream-simulator/index.ts";

/** One turn of what a model was given. */
export interface GivenTurn {
  readonly role: string;
  readonly text: string;
}

/** What a model was given by one call. */
export interface GivenContext {
  readonly system: string;
  readonly turns: readonly GivenTurn[];
}

interface Body {
  readonly system?: Content;
  readonly messages: readonly { readonly role: string; readonly content: Content }[];
}
type Content = string | readonly { readonly text?: string }[];

/** Reads a call's body. */
export function givenContext({ body }: Pick<RequestRecord, "body">): GivenContext {
  const { system, messages } = body as Body;
  return {
    system: system === undefined ? "" : textOf(system),
    turns: messages.map(({ role, content }) => ({ role, text: textOf(content) })),
  };
}

/** Whether a call was for an answer; else it was for a summary. */
export function isAnswer(record: RequestRecord): boolean {
  return !givenContext(record).system.startsWith("You keep the memory of a conversation");
}

/** The contexts of all calls for an answer to a question, oldest first. */
export function contextsOf(upstream: UpstreamSimulator, question: string): GivenContext[] {
  return upstream.requests
    .filter(isAnswer)
    .map(givenContext)
    .filter(({ turns }) => turns.at(-1)?.text === question);
}

function textOf(content: Content): string {
  return typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("");
}
