import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect } from "preact/hooks";
import type { ChatMessage } from "../state/types.ts";
import { Icon } from "./Icon.tsx";
import { MessageBubble } from "./MessageBubble.tsx";
import { TypingIndicator } from "./TypingIndicator.tsx";
import { useAnchoredScroll } from "./use-anchored-scroll.ts";
import { useSnapshot, useView, useWords } from "./view.ts";

/** Milliseconds between two messages from which on the time is shown between them. */
const PAUSE_MS = 45 * 60_000;

/** The conversation. It is no live region: what there is to announce, the status region says. */
export function MessageList() {
  const { store, language } = useView();
  const words = useWords();
  const messages = store.messages.value;
  const more = useSnapshot((snapshot) => snapshot.more);
  const agentTypes = useSnapshot(({ typing }) => typing === "agent");
  const loading = useSignal(false);
  const { scroller, content, away, toEnd, holdPlace } = useAnchoredScroll();

  const lastOfUser = messages.findLast(({ role }) => role === "user");
  const ownKey = lastOfUser?.key;
  // Whoever writes wants to see what they wrote, wherever they were.
  useEffect(() => {
    if (lastOfUser?.delivery !== undefined) toEnd();
  }, [ownKey]);

  async function showEarlier(): Promise<void> {
    loading.value = true;
    holdPlace();
    await store.actions.loadOlder();
    loading.value = false;
  }

  return (
    <div class="messages">
      <div
        ref={scroller}
        class="scroller"
        role="log"
        aria-live="off"
        aria-label={words.conversation}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by the keyboard.
        tabIndex={0}
      >
        <div ref={content} class="content">
          {more && (
            <button
              type="button"
              class="text earlier"
              disabled={loading.value}
              onClick={() => void showEarlier()}
            >
              {words.earlier}
            </button>
          )}
          {messages.map((message, index) => (
            <Fragment key={message.key}>
              <Time message={message} before={messages[index - 1]} language={language} />
              <MessageBubble
                message={message}
                isLast={index === messages.length - 1}
                isLastOfUser={message === lastOfUser}
              />
            </Fragment>
          ))}
          {agentTypes && (
            <div class="message answer">
              <div class="bubble">
                <TypingIndicator />
              </div>
            </div>
          )}
        </div>
      </div>
      {away.value && (
        <button type="button" class="latest" onClick={() => toEnd(true)}>
          <Icon name="down" />
          {words.latest}
        </button>
      )}
    </div>
  );
}

function Time(place: {
  message: ChatMessage;
  before: ChatMessage | undefined;
  language: string | undefined;
}) {
  const { message, before, language } = place;
  if (before !== undefined && message.at - before.at < PAUSE_MS) return null;
  const at = new Date(message.at);
  const isToday = at.toDateString() === new Date().toDateString();
  const style = isToday
    ? ({ timeStyle: "short" } as const)
    : ({ dateStyle: "medium", timeStyle: "short" } as const);
  return (
    <time class="time" dateTime={at.toISOString()}>
      {new Intl.DateTimeFormat(language, style).format(at)}
    </time>
  );
}
