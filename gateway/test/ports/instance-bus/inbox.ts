import { EventEmitter, once } from "node:events";
import { inTime } from "../support/patience.ts";

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
    count(messages) {
      const counting = async (): Promise<void> => {
        while (heard.length < messages) await once(arrivals, "message");
      };
      return inTime(counting(), () => `${messages} messages; heard were ${heard.join(", ")}`);
    },
  };
}
