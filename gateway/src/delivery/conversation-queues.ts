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

  /** @param failed told where a reply's task rejects; the next one runs all the same */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Runs a reply's task once those before it in its conversation have ended. */
  add(reply: LiveReply, run: () => Promise<void>): void {
    const key = queueKey(reply);
    const queue = this.#queues.get(key) ?? [];
    queue.push({ reply, run });
    this.#queues.set(key, queue);
    if (!this.#running.has(key)) this.#running.set(key, this.#work(key, queue));
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
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        await next.run();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#queues.delete(key);
    this.#running.delete(key);
  }
}

function queueKey({ scope, conversation }: LiveReply): string {
  return `${conversation} ${scopeKey(scope)}`;
}
