import type { ArchivedMessage } from "../../ports/archive.ts";
import type { LayerBounds, MessageLayer } from "../../ports/message-layer.ts";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";

interface Entry {
  messages: readonly ArchivedMessage[] | null;
  complete: boolean;
  revision: number;
  expiresAt: number;
}

/**
 * A layer of history in this process.
 *
 * @param options.maxConversations conversations held; the one unused for longest is forgotten first
 */
export function createMemoryMessageLayer(options: {
  bounds: LayerBounds;
  clock: Clock;
  maxConversations: number;
}): MessageLayer {
  const { bounds, clock, maxConversations } = options;
  const entries = new Map<string, Entry>();
  let revisions = 0;

  const find = (scope: Scope, conversation: string): { key: string; entry: Entry | null } => {
    const key = JSON.stringify([scope.tenant, scope.user, conversation]);
    const entry = entries.get(key);
    if (entry === undefined || entry.expiresAt <= clock.monotonic()) {
      entries.delete(key);
      return { key, entry: null };
    }
    entries.delete(key);
    entries.set(key, entry);
    return { key, entry };
  };

  const put = (key: string, content: Omit<Entry, "expiresAt">): void => {
    entries.delete(key);
    entries.set(key, { ...content, expiresAt: clock.monotonic() + bounds.seconds * 1000 });
    const [oldest] = entries.keys();
    if (entries.size > maxConversations && oldest !== undefined) entries.delete(oldest);
  };

  const bounded = (
    messages: readonly ArchivedMessage[],
    complete: boolean,
  ): Pick<Entry, "messages" | "complete"> => ({
    messages: messages.slice(-bounds.messages),
    complete: complete && messages.length <= bounds.messages,
  });

  return {
    async read(scope, conversation) {
      const { key, entry } = find(scope, conversation);
      if (entry !== null) return entry;
      // The number outlives the entry that it was given to: a refill of what was forgotten meanwhile is dropped.
      const revision = ++revisions;
      put(key, { messages: null, complete: false, revision });
      return { messages: null, complete: false, revision };
    },
    async refill(scope, conversation, { messages, complete, revision }) {
      const { key, entry } = find(scope, conversation);
      if (entry?.revision !== revision || (messages.length === 0 && !complete)) return;
      put(key, { ...bounded(messages.toSorted(inOrder), complete), revision });
    },
    async add(scope, conversation, message) {
      const { key, entry } = find(scope, conversation);
      const revision = ++revisions;
      if (entry === null || entry.messages === null) {
        put(key, { messages: null, complete: false, revision });
        return;
      }
      const others = entry.messages.filter(({ id }) => id !== message.id);
      const [oldest] = entry.messages;
      // Between what is older than all that is held and what is held, messages are missing.
      const beforeGap =
        !entry.complete &&
        others.length === entry.messages.length &&
        oldest !== undefined &&
        inOrder(message, oldest) < 0;
      const messages = beforeGap ? others : [...others, message].toSorted(inOrder);
      put(key, { ...bounded(messages, entry.complete), revision });
    },
    async drop(scope, conversation) {
      const { key } = find(scope, conversation);
      put(key, { messages: null, complete: false, revision: ++revisions });
    },
    async eraseUser(scope, conversations) {
      const held = conversations.map((conversation) => find(scope, conversation));
      for (const { key } of held) entries.delete(key);
      return held.filter(({ entry }) => entry !== null).length;
    },
  };
}

function inOrder(left: ArchivedMessage, right: ArchivedMessage): number {
  return left.position - right.position || Number(left.to !== undefined) - Number(right.to !== undefined);
}
