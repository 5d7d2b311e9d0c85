import { type ReadonlySignal, type Signal, useComputed } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Words } from "../i18n/en.ts";
import type { Settings } from "../stage.ts";
import type { ChatActions, ChatMessage, ChatSnapshot } from "../state/types.ts";

/** What components need of the store; the one in `state/` has it all. */
export interface ViewStore {
  readonly snapshot: ReadonlySignal<ChatSnapshot>;
  readonly messages: ReadonlySignal<readonly ChatMessage[]>;
  contentOf(key: string): ReadonlySignal<string>;
  readonly actions: ChatActions;
}

/** The chunk that turns Markdown into elements. */
export type MarkdownModule = typeof import("../render/markdown.tsx");

/** All that components share: handed down once, never changed; what changes in it are signals. */
export interface ChatView {
  readonly store: ViewStore;
  readonly settings: ReadonlySignal<Settings>;
  readonly words: ReadonlySignal<Words>;
  /** The BCP 47 tag that dates are written in, or undefined for the browser's own. */
  readonly language: string | undefined;
  /** The gateway's base URL. */
  readonly gateway: string;
  /** Whether the site's look and words are known, so that nothing is shown that changes a moment later. */
  readonly dressed: ReadonlySignal<boolean>;
  /** Whether the panel is seen; closed, it stays as it is. */
  readonly opened: ReadonlySignal<boolean>;
  /** The Markdown chunk once it is there; until then answers stand as plain text. */
  readonly markdown: ReadonlySignal<MarkdownModule | null>;
  /** What the panel shows below its header. */
  readonly page: Signal<"chat" | "conversations">;
  /** The message that is being edited in the text box. */
  readonly editing: Signal<ChatMessage | null>;
  close(): void;
}

const Context = createContext<ChatView | null>(null);

/** Hands the view down to all components below. */
export const ViewProvider = Context.Provider;

/** The view that components share. */
export function useView(): ChatView {
  const view = useContext(Context);
  if (view === null) throw new Error("a component stands outside of the panel");
  return view;
}

/** A part of the snapshot; the component is drawn anew only where that part changes. */
export function useSnapshot<Part>(select: (snapshot: ChatSnapshot) => Part): Part {
  const { store } = useView();
  return useComputed(() => select(store.snapshot.value)).value;
}

/** The catalogue in use. */
export function useWords(): Words {
  return useView().words.value;
}

/** A setting as text, or undefined where there is none. */
export function textSetting(settings: Settings, name: string): string | undefined {
  const value = settings[name];
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

/** Whether an answer is under way in the conversation on the screen. */
export function isAnswering(messages: readonly ChatMessage[]): boolean {
  return messages.some(
    ({ progress, delivery }) => progress === "queued" || progress === "streaming" || delivery === "sending",
  );
}
