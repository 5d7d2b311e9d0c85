import { effect } from "@preact/signals";
import type { ViewStore } from "./components/view.ts";
import type { Stage } from "./stage.ts";

/** Tells the page what happens in its chat. Returns what ends it. */
export function watchForPage(store: ViewStore, tell: Stage["tell"]): () => void {
  const told = new Set<string>();
  const growing = new Set<string>();
  let unread = 0;
  let problem: unknown = null;

  const endings = [
    effect(() => {
      for (const { key, role, delivery, progress } of store.messages.value) {
        const content = (): string => store.contentOf(key).peek();
        if (role === "user" && (delivery === "sending" || delivery === "queued") && !told.has(key)) {
          told.add(key);
          tell("message", { id: key, content: content() });
        }
        if (progress === "queued" || progress === "streaming") growing.add(key);
        // After a reconnect an answer whose end was told may be read once more: it is no second reply.
        else if (progress && growing.delete(key) && !told.has(key)) {
          told.add(key);
          tell("reply", { id: key, content: content(), reason: progress });
        }
      }
    }),
    effect(() => {
      const { unread: count, notice, connection } = store.snapshot.value;
      if (count !== unread) tell("unread", { count });
      unread = count;
      const now = notice ?? (connection.status === "stopped" ? connection : null);
      if (now !== null && now !== problem) tell("error", { code: now.code, message: now.message });
      problem = now;
    }),
  ];
  return () => {
    for (const end of endings) end();
  };
}
