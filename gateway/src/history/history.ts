import type { Archive, ArchivedMessage, MessagePage } from "../ports/archive.ts";
import type { ConversationSummaries, ConversationSummary } from "../ports/conversation-summaries.ts";
import { type LayerContent, type MessageLayer, RECENT_LAYER, SESSION_LAYER } from "../ports/message-layer.ts";
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

/**
 * Puts the layers together.
 *
 * @param away told of a layer that could not be read or refilled: it knew nothing, and the archive was read
 */
export function createHistory(
  layers: {
    recent: MessageLayer;
    session: MessageLayer;
    summaries: ConversationSummaries;
    archive: Archive;
  },
  away: (error: unknown) => void,
): History {
  const { recent, session, summaries, archive } = layers;

  const orNothing = async <Value>(reading: Promise<Value>): Promise<Value | null> => {
    try {
      return await reading;
    } catch (error) {
      away(error);
      return null;
    }
  };

  /** Gives a layer what the archive has, where the layer could be read before and has not changed since. */
  const refill = async (
    layer: MessageLayer,
    scope: Scope,
    conversation: string,
    content: { known: LayerContent | null; page: MessagePage },
  ): Promise<readonly ArchivedMessage[]> => {
    const { known, page } = content;
    const messages = page.messages.filter(({ status }) => status !== "queued");
    if (known !== null) {
      const { revision } = known;
      await orNothing(layer.refill(scope, conversation, { messages, complete: !page.more, revision }));
    }
    return messages;
  };

  /** Whether a layer was told of all: an instance may have died when the archive had a message and the layer not. */
  const isWhole = async (
    scope: Scope,
    conversation: string,
    { messages, complete }: { messages: readonly ArchivedMessage[]; complete: boolean },
  ) => {
    if (hasStrayAnswer(messages, complete)) return false;
    const waiting = unanswered(messages);
    if (waiting.length === 0) return true;
    const owed = await archive.forUser(scope).openReplies(conversation);
    return waiting.every(({ id }) => owed.some(({ message }) => message === id));
  };

  /** The whole session, as far as its layer holds it; read from the archive where the layer knows nothing. */
  const readSession = async (scope: Scope, conversation: string): Promise<MessagePage | null> => {
    const known = await orNothing(session.read(scope, conversation));
    const held = known?.messages ?? null;
    if (known !== null && held !== null) {
      const { complete } = known;
      if (await isWhole(scope, conversation, { messages: held, complete }))
        return { messages: held, more: !complete };
    }
    const page = await archive.forUser(scope).messages(conversation, { limit: SESSION_LAYER.messages });
    if (page === null) return null;
    const messages = await refill(session, scope, conversation, { known, page });
    return { messages, more: page.more };
  };

  return {
    async upTo(scope, { conversation, message, position }) {
      const [known, summary] = await Promise.all([
        orNothing(recent.read(scope, conversation)),
        orNothing(summaries.read(scope, conversation)),
      ]);
      const held = known?.messages ?? [];
      const place = held.findIndex(({ id }) => id === message);
      const before = held.slice(0, Math.max(0, place));
      // What stands before the question has been answered: where it was not, the layer was not told.
      const stray = hasStrayAnswer(before, known?.complete === true);
      if (place !== -1 && !stray && unanswered(before).length === 0)
        return { messages: held.slice(0, place + 1), summary };
      const limit = RECENT_LAYER.messages;
      const stored = archive.forUser(scope);
      // The layer gets what is last, which may be more than what stands before this question: others may wait.
      const [context, page] = await Promise.all([
        stored.context(conversation, position + 1, limit),
        stored.messages(conversation, { limit }),
      ]);
      if (page !== null) await refill(recent, scope, conversation, { known, page });
      return { messages: context.slice(0, context.findIndex(({ id }) => id === message) + 1), summary };
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

/** Questions that their answers do not follow. */
function unanswered(messages: readonly ArchivedMessage[]): readonly ArchivedMessage[] {
  return messages.filter(({ role, id }, index) => role === "user" && messages[index + 1]?.to !== id);
}

/** Whether an answer stands without its question, which may be left out before the first message where these are not all. */
function hasStrayAnswer(messages: readonly ArchivedMessage[], complete: boolean): boolean {
  return messages.some(
    ({ to }, index) => (index > 0 || complete) && to !== undefined && messages[index - 1]?.id !== to,
  );
}
