import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Milliseconds for which a button says that it has copied. */
const SHOWN_MS = 1_800;

/** Copies a text on demand, and says for a moment that it did. */
export function useCopy(text: () => string): { copied: boolean; copy: () => void } {
  const copied = useSignal(0);
  useEffect(() => {
    if (copied.value === 0) return;
    const timer = setTimeout(() => {
      copied.value = 0;
    }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);

  function copy(): void {
    const done = (): void => {
      copied.value++;
    };
    // Where the page may not write to the clipboard, the button does not claim that it did.
    navigator.clipboard?.writeText(text()).then(done, () => undefined);
  }
  return { copied: copied.value > 0, copy };
}
