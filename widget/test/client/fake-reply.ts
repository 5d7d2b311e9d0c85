import type { ServerFrameOf } from "@parlance/protocol";

type Reason = ServerFrameOf<"done">["reason"];

/** An answer as the fake gateway holds it, and the frames that tell of it. */
export class FakeReply {
  readonly id: string;
  readonly conversation: string;
  readonly message: string;
  chunks: string[];
  /** Chunks that the model has written so far. */
  written = 0;
  epoch = 1;
  /** Why it ended; null while it has not. */
  reason: Reason | null = null;

  constructor({
    id,
    conversation,
    message,
    chunks,
  }: Pick<FakeReply, "id" | "conversation" | "message" | "chunks">) {
    this.id = id;
    this.conversation = conversation;
    this.message = message;
    this.chunks = chunks;
  }

  /** The text that the model wrote so far. */
  get text(): string {
    return this.chunks.slice(0, this.written).join("");
  }

  /** Chunks after `from` up to `to`, as one frame. */
  token(from: number, to: number): ServerFrameOf<"token"> {
    const content = this.chunks.slice(from, to).join("");
    const n = to - from === 1 ? {} : { n: to - from };
    const epoch = this.epoch > 1 ? { epoch: this.epoch } : {};
    return { type: "token", reply: this.id, seq: to, content, ...n, ...epoch };
  }

  snapshot(): ServerFrameOf<"snapshot"> {
    return { type: "snapshot", ...this.names(), seq: this.written, epoch: this.epoch, content: this.text };
  }

  done(): ServerFrameOf<"done"> {
    const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 };
    const { written: seq, epoch, reason } = this;
    return { type: "done", ...this.names(), seq, epoch, reason: reason ?? "stop", model: "fake", usage };
  }

  typing(active: boolean): ServerFrameOf<"typing"> {
    const { reply, conversation, message: to } = this.names();
    return { type: "typing", conversation, active, by: "assistant", reply, ...(active ? { to } : {}) };
  }

  private names(): { reply: string; conversation: string; message: string } {
    return { reply: this.id, conversation: this.conversation, message: this.message };
  }
}
