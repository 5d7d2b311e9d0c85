import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useSnapshot, useWords } from "./view.ts";

/** Where the connection stands, as the header shows it. */
export interface Status {
  readonly tone: "good" | "pending" | "bad";
  readonly text: string;
}

/** The connection in words. */
export function useStatus(): Status {
  const words = useWords();
  const connection = useSnapshot((snapshot) => snapshot.connection);
  const withPerson = useSnapshot(({ mode }) => mode === "human");
  const offline = useSignal(!navigator.onLine);
  useEffect(() => {
    const look = (): void => {
      offline.value = !navigator.onLine;
    };
    addEventListener("online", look);
    addEventListener("offline", look);
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
    };
  }, []);

  if (connection.status === "stopped") return { tone: "bad", text: words.unavailable };
  // The browser knows before the socket does: that one only falls silent.
  if (offline.value) return { tone: "bad", text: words.offline };
  if (connection.status === "live") {
    return { tone: "good", text: withPerson ? words.withPerson : words.online };
  }
  const isFirst =
    connection.status === "idle" || (connection.status === "connecting" && connection.attempt === 1);
  return { tone: "pending", text: isFirst ? words.connecting : words.reconnecting };
}
