import { ClientFailure, clientError } from "../client/failure.ts";
import type { ChatClient, ClientError } from "../client/types.ts";
import { isOpen, isUnsent } from "./messages.ts";
import type { ChatActions, ChatMessage, ChatSnapshot } from "./types.ts";

/** What the model is asked where the visitor wants more of an answer that ended early. */
const CONTINUE = "Please continue from where you stopped.";

/** The actions, and what the store itself needs of them. */
export interface StoreActions extends ChatActions {
  /** Whether a conversation was asked for that is to be shown when it comes. */
  isOpening(): boolean;
  /** Puts a failure on the screen. */
  report(failure: unknown): void;
  explain(failure: unknown): ClientError;
}

/** Makes the actions: the only way from the screen to the client. */
export function createActions({
  client,
  peek,
  update,
  edits,
  page,
}: {
  client: ChatClient;
  peek: () => ChatSnapshot;
  update: (change: Partial<ChatSnapshot>) => void;
  edits: Map<string, string>;
  page: (() => { url: string; title?: string } | undefined) | undefined;
}): StoreActions {
  let opening = 0;

  function explain(failure: unknown): ClientError {
    if (failure instanceof ClientFailure) return clientError(failure);
    return { code: "INTERNAL", message: failure instanceof Error ? failure.message : String(failure) };
  }
  const report = (failure: unknown): void => update({ notice: explain(failure) });
  const attempt = (work: Promise<unknown>): Promise<void> => work.then(() => undefined, report);
  const run = (work: Promise<unknown>): void => void attempt(work);

  async function open(conversation: string): Promise<void> {
    opening++;
    try {
      await attempt(client.open(conversation));
    } finally {
      opening--;
    }
  }

  function send(content: string): void {
    const { conversation, connection } = peek();
    const at = page?.();
    client.send(content, {
      ...(conversation === null ? {} : { conversation }),
      ...(at === undefined ? {} : { page: at }),
    });
    if (connection.status === "idle") connect();
  }

  function connect(): void {
    // Where it does not work out, the connection's state says so, and why.
    client.connect().catch(() => undefined);
  }

  const questionOf = ({ role, id, to }: ChatMessage): string | undefined => (role === "user" ? id : to);

  function regenerate(message: ChatMessage): void {
    const question = questionOf(message);
    if (question !== undefined) edits.set(client.regenerate(question), "");
  }

  function setRating({ key }: ChatMessage, rating: "up" | "down" | null | undefined): void {
    const messages = peek().messages.map((message) => {
      if (message.key !== key) return message;
      const { rating: _, ...rest } = message;
      return rating === null || rating === undefined ? rest : { ...rest, rating };
    });
    update({ messages });
  }

  return {
    isOpening: () => opening > 0,
    report,
    explain,
    connect,
    send,
    stop() {
      const { conversation, messages } = peek();
      if (conversation !== null) client.cancel({ conversation });
      for (const { clientId, delivery } of messages) {
        if (delivery === "sending" && clientId !== undefined) client.cancel({ message: clientId });
      }
    },
    retry(message) {
      if (isUnsent(message) && message.clientId !== undefined) client.retry(message.clientId);
      else regenerate(message);
    },
    discard({ clientId }) {
      if (clientId !== undefined) client.discard(clientId);
    },
    regenerate,
    edit(message, content) {
      if (message.id !== undefined) edits.set(client.edit(message.id, content), content);
      else if (message.clientId !== undefined) {
        // It never left: the new text takes its place.
        client.discard(message.clientId);
        send(content);
      }
    },
    continueAnswer: () => send(CONTINUE),
    rate(message, rating) {
      if (message.id === undefined || isOpen(message)) return;
      setRating(message, rating);
      client.feedback(message.id, rating).catch((failure: unknown) => {
        setRating(message, message.rating);
        report(failure);
      });
    },
    clear() {
      const { conversation } = peek();
      if (conversation !== null) run(client.clear(conversation).then(() => open("new")));
    },
    async loadOlder() {
      const { conversation, messages, more } = peek();
      const oldest = messages.find(({ id }) => id !== undefined)?.id;
      if (more && conversation !== null && oldest !== undefined) {
        await attempt(client.history(conversation, oldest));
      }
    },
    loadConversations: () => attempt(client.conversations()),
    openConversation: open,
    newConversation: () => open("new"),
    askForPerson() {
      const { conversation } = peek();
      if (conversation !== null) run(client.handoff(conversation));
    },
    typing: (active) => client.typing(active, peek().conversation ?? undefined),
    dismissNotice: () => update({ notice: null }),
    markRead() {
      if (peek().unread > 0) update({ unread: 0 });
    },
  };
}
