import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** Tells the style sheet what a phone's keyboard leaves of the screen, where the panel fills all of it. */
export function useViewport(frame: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const viewport = window.visualViewport;
    if (!viewport) return;
    const fit = (): void => {
      frame.current?.style.setProperty("--viewport-height", `${viewport.height}px`);
      frame.current?.style.setProperty("--viewport-top", `${viewport.offsetTop}px`);
    };
    fit();
    viewport.addEventListener("resize", fit);
    viewport.addEventListener("scroll", fit);
    return () => {
      viewport.removeEventListener("resize", fit);
      viewport.removeEventListener("scroll", fit);
    };
  }, []);
}
