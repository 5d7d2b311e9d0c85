import type { ServerFrameOf } from "@parlance/protocol";

/** A question that a user asked, and what was promised. */
export interface Question {
  readonly id: string;
  /** Its text, which no other question has. */
  readonly content: string;
  readonly conversation: string | undefined;
  /** Tokens of its answer. */
  readonly tokens: number;
  sends: number;
  freshAcks: number;
  promise: { conversation: string; message: string; reply: string } | null;
  cancelled: boolean;
}

/** All that one user asked, and every rule of the protocol that was seen broken. */
export class Ledger {
  readonly user: string;
  readonly questions = new Map<string, Question>();
  readonly byReply = new Map<string, Question>();
  readonly conversations = new Set<string>();
  readonly broken: string[] = [];
  /** When the first device was told of a reply's end, milliseconds since 1970. */
  readonly endedAt = new Map<string, number>();
  readonly #ends = new Map<string, ServerFrameOf<"done">>();

  constructor(user: string) {
    this.user = user;
  }

  /** Notes a question before it is sent. */
  ask(question: Pick<Question, "content" | "conversation" | "tokens">): Question {
    const id = `${this.user}-${this.questions.size}`;
    const asked: Question = {
      ...question,
      id,
      sends: 0,
      freshAcks: 0,
      promise: null,
      cancelled: false,
    };
    this.questions.set(id, asked);
    return asked;
  }

  acknowledged(ack: ServerFrameOf<"ack">): void {
    const question = this.questions.get(ack.id);
    if (question === undefined) {
      this.breaks("an ack of what nobody asked", ack);
      return;
    }
    if (ack.duplicate !== true) question.freshAcks++;
    if (question.freshAcks > 1) this.breaks("acknowledged as new twice", ack);
    const { conversation, message, reply } = ack;
    if (question.promise === null) {
      question.promise = { conversation, message, reply };
      this.byReply.set(reply, question);
      this.conversations.add(conversation);
    } else if (question.promise.reply !== reply || question.promise.message !== message) {
      this.breaks("the same id became another message", ack);
    }
  }

  ended(done: ServerFrameOf<"done">): void {
    const known = this.#ends.get(done.reply);
    this.#ends.set(done.reply, known ?? done);
    if (known === undefined) this.endedAt.set(done.reply, Date.now());
    if (known !== undefined && essence(known) !== essence(done))
      this.breaks(`two ends: ${JSON.stringify(known)} and`, done);
  }

  breaks(rule: string, frame: unknown): void {
    this.broken.push(`${this.user}: ${rule} ${JSON.stringify(frame)?.slice(0, 700)}`);
  }

  /** How a question's answer ended, as the user's devices were told; it may be known before the promise is. */
  endOf({ promise }: Question): ServerFrameOf<"done"> | null {
    return promise === null ? null : (this.#ends.get(promise.reply) ?? null);
  }

  /** Questions that were promised an answer and have none yet. */
  get open(): Question[] {
    return [...this.byReply.values()].filter((question) => this.endOf(question) === null);
  }

  /** Questions of which it is not known that they were taken. */
  get unpromised(): Question[] {
    return [...this.questions.values()].filter(({ promise }) => promise === null);
  }
}

function essence({ seq, epoch, reason, message, conversation, usage }: ServerFrameOf<"done">): string {
  return JSON.stringify([seq, epoch ?? 1, reason, message, conversation, usage]);
}
