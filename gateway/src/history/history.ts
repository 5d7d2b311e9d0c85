import type { Archive, ArchivedMessage } from "../ports/archive.ts";
import { RECENT_MESSAGES, type RecentMessages } from "../ports/recent-messages.ts";
import type { Scope } from "../ports/scope.ts";

/** Where a question stands. */
export interface QuestionPlace {
  readonly conversation: string;
  readonly message: string;
  readonly position: number;
}

/** What was said, for the model: working memory over the archive, refilled where it knows nothing. */
export interface History {
  /** The last messages up to and including the question, oldest first; empty where the question is gone. */
  upTo(scope: Scope, question: QuestionPlace): Promise<readonly ArchivedMessage[]>;
  /** A question was stored. */
  asked(scope: Scope, conversation: string, message: ArchivedMessage): Promise<void>;
  /** An answer was stored. */
  answered(scope: Scope, conversation: string, message: ArchivedMessage): Promise<void>;
  /** Messages were superseded or cleared. */
  changed(scope: Scope, conversation: string): Promise<void>;
}

/** Puts the layers together. */
export function createHistory(layers: { recent: RecentMessages; archive: Archive }): History {
  const { recent, archive } = layers;
  return {
    async upTo(scope, { conversation, message, position }) {
      const known = await recent.read(scope, conversation);
      const place = known?.findIndex(({ id }) => id === message) ?? -1;
      if (known !== null && place !== -1) return known.slice(0, place + 1);
      const stored = await archive.forUser(scope).context(conversation, position + 1, RECENT_MESSAGES);
      const last = stored.findIndex(({ id }) => id === message);
      const upTo = stored.slice(0, last + 1);
      if (last !== -1) await recent.write(scope, conversation, upTo);
      return upTo;
    },
    asked: (scope, conversation, message) => recent.add(scope, conversation, message),
    answered: (scope, conversation, message) => recent.add(scope, conversation, message),
    changed: (scope, conversation) => recent.drop(scope, conversation),
  };
}
