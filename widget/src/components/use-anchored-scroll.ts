import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Pixels from the end within which a reader counts as being at the end. */
const NEAR = 24;

/** A list's scrolling: at the end it stays at the end, anywhere else it stays where the reader is. */
export interface AnchoredScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** Whether the reader has left the end. */
  readonly away: ReadonlySignal<boolean>;
  /** Goes to the end, and stays there. */
  toEnd(smoothly?: boolean): void;
  /** Keeps what is on the screen in its place while the next change puts something before it. */
  holdPlace(): void;
}

/** Watches a scroller and what grows in it. The reader's own movement is the only thing that leaves the end. */
export function useAnchoredScroll(): AnchoredScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const away = useSignal(false);
  const held = useRef<number | null>(null);

  function toEnd(smoothly = false): void {
    away.value = false;
    const element = scroller.current;
    element?.scrollTo?.({ top: element.scrollHeight, behavior: smoothly ? "smooth" : "instant" });
  }

  useLayoutEffect(() => {
    const element = scroller.current;
    const inner = content.current;
    if (element === null || inner === null) return;
    let last = element.scrollTop;
    const toGo = (): number => element.scrollHeight - element.clientHeight - element.scrollTop;
    function moved(): void {
      if (element === null) return;
      // Growth moves the end away without moving the reader: only going up is leaving.
      if (element.scrollTop < last - 1 && toGo() > 1) away.value = true;
      else if (toGo() <= NEAR) away.value = false;
      last = element.scrollTop;
    }
    function grown(): void {
      if (element === null) return;
      if (held.current !== null) {
        element.scrollTop = element.scrollHeight - held.current;
        held.current = null;
      } else if (!away.peek()) toEnd();
      last = element.scrollTop;
    }
    const observer = new ResizeObserver(grown);
    observer.observe(inner);
    observer.observe(element);
    element.addEventListener("scroll", moved, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", moved);
    };
  }, []);

  useEffect(() => toEnd(), []);

  return {
    scroller,
    content,
    away,
    toEnd,
    holdPlace() {
      const element = scroller.current;
      if (element !== null) held.current = element.scrollHeight - element.scrollTop;
    },
  };
}
