import { EventEmitter, once } from "node:events";

/** What an instance heard. */
export interface Inbox {
  readonly heard: readonly string[];
  readonly take: (message: string) => void;
  /** Resolves when so many messages have been heard. */
  count(messages: number): Promise<void>;
}

/** An empty one. */
export function inbox(): Inbox {
  const heard: string[] = [];
  const arrivals = new EventEmitter();
  return {
    heard,
    take(message) {
      heard.push(message);
      arrivals.emit("message");
    },
    async count(messages) {
      while (heard.length < messages) await once(arrivals, "message");
    },
  };
}
