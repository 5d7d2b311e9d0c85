import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Composer } from "./Composer.tsx";
import { ConversationList } from "./ConversationList.tsx";
import { Header } from "./Header.tsx";
import { MessageList } from "./MessageList.tsx";
import { Notices } from "./Notices.tsx";
import { StatusRegion } from "./StatusRegion.tsx";
import { useViewport } from "./use-viewport.ts";
import { textSetting, useSnapshot, useView, useWords } from "./view.ts";
import { Welcome } from "./Welcome.tsx";

/** The chat's window: a dialog beside the page, which stays usable. */
export function Panel() {
  const { settings, page, opened, close } = useView();
  const words = useWords();
  const isEmpty = useSnapshot(({ messages }) => messages.length === 0);
  const clearing = useSignal(false);
  const frame = useRef<HTMLElement>(null);
  // A text box in focus brings up the keyboard of a phone, over what there is to read first.
  const byTouch = matchMedia("(pointer: coarse)").matches;

  const isOpen = opened.value;
  useEffect(() => {
    if (isOpen && byTouch) frame.current?.focus({ preventScroll: true });
  }, [isOpen]);
  useViewport(frame);

  /** What was clicked may be gone a moment later, and the focus with it: it stays in the panel. */
  function keepFocus(): void {
    requestAnimationFrame(() => {
      const root = frame.current?.getRootNode() as ShadowRoot | undefined;
      if (root?.activeElement === null && opened.peek()) frame.current?.focus({ preventScroll: true });
    });
  }

  function pressed(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.isComposing) close();
    // The page's own shortcuts are not for what is typed here.
    event.stopPropagation();
  }

  return (
    <section
      ref={frame}
      class="panel"
      role="dialog"
      aria-modal="false"
      aria-label={textSetting(settings.value, "title") ?? words.title}
      tabIndex={-1}
      onClick={keepFocus}
      onKeyDown={pressed}
      onKeyUp={(event) => event.stopPropagation()}
      onKeyPress={(event) => event.stopPropagation()}
    >
      <Header clearing={clearing} />
      {page.value === "conversations" ? (
        <ConversationList />
      ) : (
        <>
          {isEmpty ? <Welcome /> : <MessageList />}
          <Notices clearing={clearing} />
          <Composer focus={isOpen && !byTouch} />
          <p class="fineprint">{words.fineprint}</p>
        </>
      )}
      <StatusRegion />
    </section>
  );
}
