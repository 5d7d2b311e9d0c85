import { simulatedTokens } from "../../../../scripts/upstream-simulator/index.ts";
import type { TestClient } from "./test-client.ts";

/** A frame that asks for an answer. */
export type AskFrame =
  | {
      readonly type: "message";
      readonly id: string;
      readonly content: string;
      readonly conversation?: string;
    }
  | { readonly type: "edit"; readonly id: string; readonly message: string; readonly content: string }
  | { readonly type: "regenerate"; readonly id: string; readonly message: string };

/** What the upstream answers to a text: every text of a test has a seed of its own. */
export interface Script {
  readonly content: string;
  readonly seed: number;
  readonly chunks: readonly string[];
}

/** A reply that the gateway has promised. */
export interface PromisedReply {
  readonly reply: string;
  readonly conversation: string;
  /** The question. */
  readonly message: string;
  readonly kind: AskFrame["type"];
  readonly script: Script;
}

/** All that one user asked, and what became of it by the frames that the user's sockets received. */
export class Asked {
  readonly frames: AskFrame[] = [];
  /** By the id of the asking frame. */
  readonly promised = new Map<string, PromisedReply>();
  readonly byReply = new Map<string, PromisedReply>();
  readonly #scripts = new Map<string, Script>();
  readonly #firstSeed: number;

  /** @param firstSeed where the seeds of this user's texts begin */
  constructor(firstSeed: number) {
    this.#firstSeed = firstSeed;
  }

  /** A text that nobody asked before, and what it is answered with. */
  newText(options: { tokens: number; rate: number; delay: number }): string {
    const seed = this.#firstSeed + this.#scripts.size;
    const { tokens, rate, delay } = options;
    const content = `Question ${seed} [[sim seed=${seed} tokens=${tokens} rate=${rate} delay=${delay}]]`;
    this.#scripts.set(content, { content, seed, chunks: simulatedTokens(seed, tokens) });
    return content;
  }

  get scripts(): readonly Script[] {
    return [...this.#scripts.values()];
  }

  /** Reads the acknowledgements that a socket has received. */
  learn(client: TestClient): void {
    for (const frame of client.all("ack")) this.#learnPromise(frame);
  }

  /** Those of which it is not known that they were taken. */
  unpromised(): AskFrame[] {
    return this.frames.filter(({ id }) => !this.promised.has(id));
  }

  #learnPromise(ack: { id: string; conversation: string; message: string; reply: string }): void {
    const frame = this.frames.find(({ id }) => id === ack.id);
    if (frame === undefined) throw new Error(`an ack of ${ack.id}, which nobody sent`);
    const known = this.promised.get(ack.id);
    if (known !== undefined) {
      if (known.reply !== ack.reply || known.message !== ack.message)
        throw new Error(`the same id ${ack.id} became another message or reply`);
      return;
    }
    const content = frame.type === "regenerate" ? this.#contentOf(frame.message) : frame.content;
    const script = this.#scripts.get(content);
    if (script === undefined) throw new Error(`no such text: ${content}`);
    const { conversation, message, reply } = ack;
    const promise = { conversation, message, reply, kind: frame.type, script };
    this.promised.set(ack.id, promise);
    this.byReply.set(reply, promise);
  }

  #contentOf(message: string): string {
    for (const { message: id, script } of this.promised.values()) if (id === message) return script.content;
    throw new Error(`no such message: ${message}`);
  }
}
