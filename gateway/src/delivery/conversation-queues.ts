import { scopeKey } from "../tenants/scope.ts";
import type { LiveReply } from "./live-reply.ts";

interface Waiting {
  readonly reply: LiveReply;
  readonly run: () => Promise<void>;
}

/** Replies of one conversation run one at a time, in the order they were added; conversations run side by side. */
export class ConversationQueues {
  readonly #queues = new Map<string, Waiting[]>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #failed: (error: unknown) => void;
  readonly #emptied: (last: LiveReply) => void;

  /**
   * @param told.failed told where a reply's task rejects; the next one runs all the same
   * @param told.emptied told when a conversation has nothing left to run, with its last reply
   */
  constructor(told: { failed: (error: unknown) => void; emptied: (last: LiveReply) => void }) {
    this.#failed = told.failed;
    this.#emptied = told.emptied;
  }

  /** Runs a reply's task once those that stand before it in its conversation have ended. */
  add(reply: LiveReply, run: () => Promise<void>): void {
    const key = queueKey(reply);
    const queue = this.#queues.get(key) ?? [];
    const later = queue.findIndex((waiting) => waiting.reply.position > reply.position);
    queue.splice(later === -1 ? queue.length : later, 0, { reply, run });
    this.#queues.set(key, queue);
    if (!this.#running.has(key)) this.#running.set(key, this.#work(key, queue));
  }

  /** Whether a conversation has something that runs or waits. */
  busy(reply: Pick<LiveReply, "scope" | "conversation">): boolean {
    return this.#running.has(queueKey(reply));
  }

  /** Takes out everything that waits, of all conversations. */
  removeWaiting(): LiveReply[] {
    return [...this.#queues.values()].flatMap((queue) => queue.splice(0).map(({ reply }) => reply));
  }

  /** Takes a reply out that waits; false where its task has begun, or it never waited. */
  remove(reply: LiveReply): boolean {
    const queue = this.#queues.get(queueKey(reply));
    const place = queue?.findIndex((waiting) => waiting.reply === reply) ?? -1;
    if (place === -1) return false;
    queue?.splice(place, 1);
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #work(key: string, queue: Waiting[]): Promise<void> {
    let last: LiveReply | null = null;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      last = next.reply;
      try {
        await next.run();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#queues.delete(key);
    this.#running.delete(key);
    if (last !== null) this.#emptied(last);
  }
}

function queueKey({ scope, conversation }: Pick<LiveReply, "scope" | "conversation">): string {
  return `${conversation} ${scopeKey(scope)}`;
}
