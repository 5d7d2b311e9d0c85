import { until } from "../support/until.ts";

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
  return {
    heard,
    take: (message) => void heard.push(message),
    count: (messages) => until(() => heard.length >= messages),
  };
}
