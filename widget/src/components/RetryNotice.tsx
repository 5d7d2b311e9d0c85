import { useMemo } from "preact/hooks";
import type { ClientError } from "../client/types.ts";
import { errorWords, fill } from "../i18n/words.ts";
import { Notice, type NoticeAction } from "./Notice.tsx";
import { useCountdown } from "./use-countdown.ts";
import { useWords } from "./view.ts";

/** What went wrong, and a way to try again, which waits as long as the gateway asked. */
export function RetryNotice({
  error,
  lead,
  retry,
  actions = [],
}: {
  error: ClientError | undefined;
  /** What is said before the reason, or instead of it where there is none. */
  lead?: string;
  retry: () => void;
  actions?: readonly NoticeAction[];
}) {
  const words = useWords();
  // The error is the same object until something new goes wrong: its wait counts from when it was first shown.
  const until = useMemo(() => Date.now() + (error?.retryAfter ?? 0) * 1_000, [error]);
  const seconds = useCountdown(until);
  const label = seconds > 0 ? fill(words.retryIn, { seconds }) : words.retry;
  return (
    <Notice tone="warning" actions={[{ label, run: retry, disabled: seconds > 0 }, ...actions]}>
      {[lead, error && errorWords(words, error.code)].filter(Boolean).join(" ")}
    </Notice>
  );
}
