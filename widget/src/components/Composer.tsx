import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fill } from "../i18n/words.ts";
import { Icon } from "./Icon.tsx";
import { useDraft } from "./use-draft.ts";
import { isAnswering, textSetting, useSnapshot, useView, useWords } from "./view.ts";

/** Share of the longest message from which on the characters left are shown. */
const NEAR_THE_LIMIT = 0.9;

/** Where the user writes: Enter sends, Shift and Enter begins a line, and a running answer can be stopped. */
export function Composer({ focus }: { focus: boolean }) {
  const { store, settings, editing } = useView();
  const words = useWords();
  const edited = editing.value;
  const { text, latest, box, write } = useDraft(edited);
  const running = useSnapshot(({ messages }) => isAnswering(messages));
  const most = useSnapshot(({ messageCharacters }) => messageCharacters);
  const composing = useSignal(false);

  // Code points, as the gateway counts; counted only where it may matter.
  const roomAfter = (draft: string): number =>
    draft.length > most * NEAR_THE_LIMIT ? most - [...draft].length : most;
  const isSendable = (draft: string): boolean => draft.trim() !== "" && roomAfter(draft) >= 0;
  const left = roomAfter(text);
  const canSend = isSendable(text);

  useEffect(() => {
    if (focus) box.current?.focus({ preventScroll: true });
  }, [focus]);

  function submit(event?: Event): void {
    event?.preventDefault();
    const draft = latest();
    if (!isSendable(draft)) return;
    if (edited === null) {
      store.actions.send(draft.trim());
      write("");
    } else {
      store.actions.edit(edited, draft.trim());
      editing.value = null;
    }
    box.current?.focus();
  }

  function pressed(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word; 229 is how older browsers say so.
    if (event.isComposing || composing.value || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) submit(event);
    if (event.key === "Escape" && edited !== null) {
      event.stopPropagation();
      editing.value = null;
    }
  }

  return (
    <form class="composer" onSubmit={submit}>
      {edited !== null && (
        <p class="editing">
          {words.edit}
          <button
            type="button"
            class="text"
            onClick={() => {
              editing.value = null;
            }}
          >
            {words.cancel}
          </button>
        </p>
      )}
      <div class="field">
        <textarea
          ref={box}
          rows={1}
          dir="auto"
          enterkeyhint="send"
          aria-label={words.message}
          aria-invalid={left < 0}
          placeholder={textSetting(settings.value, "placeholder") ?? words.placeholder}
          value={text}
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={pressed}
          onCompositionStart={() => {
            composing.value = true;
          }}
          onCompositionEnd={() => {
            composing.value = false;
          }}
        />
        {running && (
          <button
            type="button"
            class="round stop"
            aria-label={words.stop}
            title={words.stop}
            onClick={() => {
              store.actions.stop();
              box.current?.focus();
            }}
          >
            <Icon name="stop" />
          </button>
        )}
        {(!running || canSend) && (
          <button
            type="submit"
            class="round"
            disabled={!canSend}
            aria-label={edited === null ? words.send : words.save}
            title={edited === null ? words.send : words.save}
          >
            <Icon name={edited === null ? "send" : "check"} />
          </button>
        )}
      </div>
      {left < most && (
        <p class="count" data-over={left < 0} role="status">
          {fill(left < 0 ? words.charactersOver : words.charactersLeft, { count: Math.abs(left) })}
        </p>
      )}
    </form>
  );
}
