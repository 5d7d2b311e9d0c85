import type { ChatMessage } from "../state/types.ts";
import { IconButton } from "./IconButton.tsx";
import { useCopy } from "./use-copy.ts";
import { useSnapshot, useView, useWords } from "./view.ts";

/** What can be done with an answer that has ended: copy it, have it written anew, rate it. */
export function AnswerActions({ message, isLast }: { message: ChatMessage; isLast: boolean }) {
  const { store } = useView();
  const words = useWords();
  const features = useSnapshot((snapshot) => snapshot.features);
  const { copied, copy } = useCopy(() => store.contentOf(message.key).peek());
  const { regenerate, rate } = store.actions;
  const { rating } = message;
  const toggle = (chosen: "up" | "down") => () => rate(message, rating === chosen ? null : chosen);
  return (
    <div class="actions">
      <IconButton
        icon={copied ? "check" : "copy"}
        label={copied ? words.copied : words.copyAnswer}
        onClick={copy}
      />
      {isLast && message.to !== undefined && features.includes("regenerate") && (
        <IconButton icon="again" label={words.regenerate} onClick={() => regenerate(message)} />
      )}
      {features.includes("feedback") && (
        <>
          <IconButton icon="good" label={words.good} aria-pressed={rating === "up"} onClick={toggle("up")} />
          <IconButton
            icon="bad"
            label={words.bad}
            aria-pressed={rating === "down"}
            onClick={toggle("down")}
          />
        </>
      )}
    </div>
  );
}
