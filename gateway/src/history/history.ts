import type { Archive, ArchivedMessage, MessagePage } from "../ports/archive.ts";
import type { ConversationSummaries, ConversationSummary } from "../ports/conversation-summaries.ts";
import { type MessageLayer, RECENT_LAYER, SESSION_LAYER } from "../ports/message-layer.ts";
import type { Scope } from "../ports/scope.ts";

/** Where a question stands. */
export interface QuestionPlace {
  readonly conversation: string;
  readonly message: string;
  readonly position: number;
}

/** What a model is told of a conversation. */
export interface Remembered {
  /** The last messages up to and including the question, oldest first; empty where the question is gone. */
  readonly messages: readonly ArchivedMessage[];
  /** What came before them, in short, where there is one. */
  readonly summary: ConversationSummary | null;
}

/**
 * What was said, as one thing: working memory (L1), session (L2) and archive (L3), of which reads fall from
 * the first to the last and refill what knew nothing, and the summary (L4) of what is too long ago.
 */
export interface History {
  /** What the model is given before it answers a question. */
  upTo(scope: Scope, question: QuestionPlace): Promise<Remembered>;
  /** The last messages before `before` (exclusive; absent is the end), or null where there is no such conversation. */
  page(
    scope: Scope,
    conversation: string,
    page: { before?: string; limit: number },
  ): Promise<MessagePage | null>;
  /** A message was stored. */
  stored(scope: Scope, conversation: string, message: ArchivedMessage): Promise<void>;
  /** A message was pushed or rated: the layers in front of the archive read it anew. */
  reread(scope: Scope, conversation: string): Promise<void>;
  /** Messages were superseded or cleared: the layers and the summary know nothing any more. */
  changed(scope: Scope, conversation: string): Promise<void>;
}

/** Puts the layers together. */
export function createHistory(layers: {
  recent: MessageLayer;
  session: MessageLayer;
  summaries: ConversationSummaries;
  archive: Archive;
}): History {
  const { recent, session, summaries, archive } = layers;

  /** The whole session, as far as its layer holds it; read from the archive where the layer knows nothing. */
  const readSession = async (scope: Scope, conversation: string): Promise<MessagePage | null> => {
    const known = await session.read(scope, conversation);
    if (known.messages !== null) return { messages: known.messages, more: !known.complete };
    const page = await archive.forUser(scope).messages(conversation, { limit: SESSION_LAYER.messages });
    if (page === null) return null;
    const ended = page.messages.filter(({ status }) => status !== "queued");
    await session.refill(scope, conversation, {
      messages: ended,
      complete: !page.more,
      revision: known.revision,
    });
    return { messages: ended, more: page.more };
  };

  return {
    async upTo(scope, { conversation, message, position }) {
      const [known, summary] = await Promise.all([
        recent.read(scope, conversation),
        summaries.read(scope, conversation),
      ]);
      const place = known.messages?.findIndex(({ id }) => id === message) ?? -1;
      if (known.messages !== null && place !== -1)
        return { messages: known.messages.slice(0, place + 1), summary };
      const stored = await archive.forUser(scope).context(conversation, position + 1, RECENT_LAYER.messages);
      const messages = stored.slice(0, stored.findIndex(({ id }) => id === message) + 1);
      const complete = stored.length < RECENT_LAYER.messages;
      await recent.refill(scope, conversation, { messages, complete, revision: known.revision });
      return { messages, summary };
    },

    async page(scope, conversation, { before, limit }) {
      const held = await readSession(scope, conversation);
      if (held === null) return null;
      const end =
        before === undefined ? held.messages.length : held.messages.findIndex(({ id }) => id === before);
      const enough = end !== -1 && (end >= limit || !held.more);
      if (!enough) {
        return archive
          .forUser(scope)
          .messages(conversation, { limit, ...(before === undefined ? {} : { before }) });
      }
      const start = Math.max(0, end - limit);
      return { messages: held.messages.slice(start, end), more: start > 0 || held.more };
    },

    async stored(scope, conversation, message) {
      await Promise.all([
        recent.add(scope, conversation, message),
        session.add(scope, conversation, message),
      ]);
    },

    async reread(scope, conversation) {
      await Promise.all([recent.drop(scope, conversation), session.drop(scope, conversation)]);
    },

    async changed(scope, conversation) {
      await Promise.all([
        recent.drop(scope, conversation),
        session.drop(scope, conversation),
        summaries.drop(scope, conversation),
      ]);
    },
  };
}
