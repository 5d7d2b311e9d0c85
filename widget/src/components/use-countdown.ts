import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/**
 * Whole seconds left until a moment, counted down while it is shown.
 *
 * @param until milliseconds since 1970
 */
export function useCountdown(until: number): number {
  const now = useSignal(Date.now());
  const left = Math.max(0, Math.ceil((until - now.value) / 1_000));
  useEffect(() => {
    now.value = Date.now();
    if (until <= Date.now()) return;
    const timer = setInterval(() => {
      now.value = Date.now();
      if (now.value >= until) clearInterval(timer);
    }, 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}
