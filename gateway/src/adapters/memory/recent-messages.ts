import type { ArchivedMessage } from "../../ports/archive.ts";
import { RECENT_MESSAGES, type RecentMessages } from "../../ports/recent-messages.ts";
import type { Scope } from "../../ports/scope.ts";

/** Working memory in this process, bounded: the conversation unused for longest is forgotten first. */
export function createMemoryRecentMessages(options: { maxConversations: number }): RecentMessages {
  const conversations = new Map<string, readonly ArchivedMessage[]>();
  const keyOf = ({ tenant, user }: Scope, conversation: string): string =>
    JSON.stringify([tenant, user, conversation]);

  const put = (key: string, messages: readonly ArchivedMessage[]): void => {
    conversations.delete(key);
    conversations.set(key, messages.slice(-RECENT_MESSAGES));
    const [oldest] = conversations.keys();
    if (conversations.size > options.maxConversations && oldest !== undefined) conversations.delete(oldest);
  };

  return {
    async read(scope, conversation) {
      const key = keyOf(scope, conversation);
      const messages = conversations.get(key);
      if (messages === undefined) return null;
      put(key, messages);
      return messages;
    },
    async write(scope, conversation, messages) {
      put(keyOf(scope, conversation), messages);
    },
    async add(scope, conversation, message) {
      const key = keyOf(scope, conversation);
      const messages = conversations.get(key);
      if (messages === undefined) return;
      const others = messages.filter(({ id }) => id !== message.id);
      const question = message.to === undefined ? -1 : others.findIndex(({ id }) => id === message.to);
      if (message.to !== undefined && question === -1) return;
      put(key, message.to === undefined ? [...others, message] : others.toSpliced(question + 1, 0, message));
    },
    async drop(scope, conversation) {
      conversations.delete(keyOf(scope, conversation));
    },
  };
}
