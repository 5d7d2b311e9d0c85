import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ChatMessage } from "../state/types.ts";
import { useView } from "./view.ts";

/** The text box's text, and how the box grows with it. */
export interface Draft {
  readonly text: string;
  /** The text at this moment, which may not be drawn yet. */
  latest(): string;
  readonly box: RefObject<HTMLTextAreaElement | null>;
  write(text: string): void;
}

/** Keeps what is being written, takes up a message that is to be edited, and gives back what stood there before. */
export function useDraft(editing: ChatMessage | null): Draft {
  const { store } = useView();
  const text = useSignal("");
  const aside = useRef("");
  const box = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    if (editing === null) return;
    aside.current = text.peek();
    text.value = store.contentOf(editing.key).peek();
    box.current?.focus();
    return () => {
      text.value = aside.current;
    };
  }, [editing]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    // Its style sheet limits it to some lines, from where on it scrolls.
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text.value]);

  return {
    text: text.value,
    latest: () => text.peek(),
    box,
    write(next) {
      text.value = next;
      store.actions.typing(next !== "");
    },
  };
}
