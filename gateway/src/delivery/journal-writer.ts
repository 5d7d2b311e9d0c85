import type { JournalEntry, ReplyJournal } from "../ports/reply-journal.ts";
import type { LiveReplies } from "./live-replies.ts";
import type { LiveReply } from "./live-reply.ts";

/** Milliseconds between batches: what a crash can lose of an answer's text. */
const BATCH_EVERY = 500;

/** Writes what running replies have asked and said since the last batch to the journal: one batch, never a token. */
export class JournalWriter {
  readonly #journal: ReplyJournal;
  readonly #replies: LiveReplies;
  readonly #owns: (reply: LiveReply) => boolean;
  readonly #failed: (error: unknown) => void;
  readonly #written = new WeakMap<
    LiveReply,
    Pick<LiveReply, "epoch" | "attempt"> & { readonly seq: number }
  >();
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> | null = null;

  /**
   * @param parts.owns whether a reply still is this instance's to write: one that was held up for long has lost it
   * @param parts.failed told of a batch that could not be written; its text goes with the next one
   */
  constructor(parts: {
    journal: ReplyJournal;
    replies: LiveReplies;
    owns: (reply: LiveReply) => boolean;
    failed: (error: unknown) => void;
  }) {
    this.#journal = parts.journal;
    this.#replies = parts.replies;
    this.#owns = parts.owns;
    this.#failed = parts.failed;
    this.#timer = setInterval(() => void this.#write(), BATCH_EVERY);
  }

  /** Writes now what there is: nothing of what was said before is missing then. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #write(): Promise<void> {
    this.#writing ??= this.#batch().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #batch(): Promise<void> {
    const batch: { reply: LiveReply; entry: JournalEntry; attempt: LiveReply["attempt"] }[] = [];
    for (const reply of [...this.#replies.running()]) {
      const written = this.#written.get(reply);
      const before = written?.epoch === reply.epoch ? written : null;
      const { epoch, attempt } = reply;
      const { seq } = reply.log;
      const nothingNew = before === null ? seq === 0 && attempt === null : seq === before.seq;
      if (nothingNew || !this.#owns(reply)) continue;
      const after = before?.seq ?? 0;
      const text = reply.log.slice(after, seq);
      const asked = attempt === null || attempt === before?.attempt ? {} : { attempt };
      batch.push({
        reply,
        attempt,
        entry: { ...reply.scope, reply: reply.id, epoch, after, text, seq, ...asked },
      });
    }
    if (batch.length === 0) return;
    try {
      await this.#journal.append(batch.map(({ entry }) => entry));
      for (const { reply, entry, attempt } of batch)
        this.#written.set(reply, { epoch: entry.epoch, seq: entry.seq, attempt });
    } catch (error) {
      this.#failed(error);
    }
    await this.#takeBack(batch);
  }

  /** A batch that was held up may come after another instance has ended a reply, and would be left for good. */
  async #takeBack(
    batch: readonly { readonly reply: LiveReply; readonly entry: JournalEntry }[],
  ): Promise<void> {
    const late = batch.filter(
      ({ reply }) => reply.owner !== null || (reply.state !== "ended" && !this.#owns(reply)),
    );
    try {
      await Promise.all(
        late.map(({ reply, entry }) => this.#journal.drop(reply.scope, reply.id, entry.epoch)),
      );
    } catch (error) {
      this.#failed(error);
    }
  }
}
