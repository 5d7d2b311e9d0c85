import { useComputed } from "@preact/signals";
import { errorWords } from "../i18n/words.ts";
import type { ChatMessage } from "../state/types.ts";
import { AnswerActions } from "./AnswerActions.tsx";
import { IconButton } from "./IconButton.tsx";
import { Notice } from "./Notice.tsx";
import { RetryNotice } from "./RetryNotice.tsx";
import { StreamingMarkdown } from "./StreamingMarkdown.tsx";
import { TypingIndicator } from "./TypingIndicator.tsx";
import { useSnapshot, useView, useWords } from "./view.ts";

/** What a bubble knows beside its message. */
interface Place {
  readonly message: ChatMessage;
  /** Whether it is the last of the list: only there can an answer be written anew or gone on with. */
  readonly isLast: boolean;
  /** Whether it is the user's last message: only that one can be edited. */
  readonly isLastOfUser: boolean;
}

/** One message, whoever wrote it. */
export function MessageBubble(place: Place) {
  const { role } = place.message;
  if (role === "user") return <UserBubble {...place} />;
  if (role === "assistant") return <AnswerBubble {...place} />;
  return <p class="aside">{place.message.content}</p>;
}

function UserBubble({ message, isLastOfUser }: Place) {
  const { store, editing } = useView();
  const words = useWords();
  const canEdit = useSnapshot(({ features }) => features.includes("edit"));
  const { delivery } = message;
  const { retry, discard } = store.actions;
  return (
    <article class="message user" aria-label={words.you} data-delivery={delivery}>
      <div class="line">
        {isLastOfUser && canEdit && delivery === "sent" && (
          <div class="actions">
            <IconButton
              icon="edit"
              label={words.edit}
              onClick={() => {
                editing.value = message;
              }}
            />
          </div>
        )}
        <div class="bubble" dir="auto">
          {store.contentOf(message.key).value}
        </div>
      </div>
      {(delivery === "queued" || delivery === "sending") && (
        <p class="state">{delivery === "queued" ? words.queued : words.sending}</p>
      )}
      {delivery === "failed" && (
        <RetryNotice
          error={message.error}
          lead={words.notSent}
          retry={() => retry(message)}
          actions={[{ label: words.discard, run: () => discard(message) }]}
        />
      )}
    </article>
  );
}

function AnswerBubble({ message, isLast }: Place) {
  const { store } = useView();
  const words = useWords();
  const { progress = "complete", author } = message;
  const isGrowing = progress === "queued" || progress === "streaming";
  const text = store.contentOf(message.key);
  const isEmpty = useComputed(() => text.value === "").value;
  return (
    <article class="message answer" aria-label={author?.name ?? (author ? words.agent : words.assistant)}>
      {author && <p class="author">{author.name ?? words.agent}</p>}
      {(isGrowing || !isEmpty) && (
        <div class="bubble" dir="auto">
          {isEmpty ? <TypingIndicator /> : <StreamingMarkdown text={text} whole={!isGrowing} />}
        </div>
      )}
      {!isGrowing && <Ending message={message} isLast={isLast} />}
      {!isGrowing && !isEmpty && <AnswerActions message={message} isLast={isLast} />}
    </article>
  );
}

/** How an answer ended where it did not end well, and what can be done about it. */
function Ending({ message, isLast }: { message: ChatMessage; isLast: boolean }) {
  const { store } = useView();
  const words = useWords();
  const canRegenerate = useSnapshot(({ features }) => features.includes("regenerate"));
  const { progress = "complete", error } = message;
  if (progress === "complete" || progress === "queued" || progress === "streaming") return null;
  const { continueAnswer, retry } = store.actions;
  const goOn = { label: words.continueAnswer, run: () => continueAnswer(message) };
  const hasText = store.contentOf(message.key).peek() !== "";
  const lead = error ? errorWords(words, error.code) : words[`ended.${progress}`];
  if (!isLast) return <Notice>{lead}</Notice>;
  if (progress === "error" && canRegenerate) {
    return (
      <RetryNotice
        error={error}
        {...(error ? {} : { lead })}
        retry={() => retry(message)}
        actions={hasText ? [goOn] : []}
      />
    );
  }
  return <Notice actions={hasText ? [goOn] : []}>{lead}</Notice>;
}
