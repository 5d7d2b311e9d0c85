import type { Scope } from "../scope.ts";
import type { ClientEnvironment, TabsEnvironment, Unsubscribe } from "../types.ts";

/** Finds out that the leading tab does not answer: it is frozen, or too busy to be of use. */
export interface Watch {
  start(): void;
  stop(): void;
  /** The leader was heard. */
  heard(): void;
  /** Something was said that the leader answers at once. */
  expect(): void;
}

/** How long, in milliseconds, a leader may owe an answer. */
const ANSWER_MS = 500;
/** Milliseconds of silence after which a tab asks whether the leader is there; one that nobody looks at is in no hurry. */
const ASK_MS = 2_000;
const ASK_UNSEEN_MS = 10_000;

/** Makes the watch of one tab. `ask` asks the leader, if any other tab is, and expects its answer. */
export function createWatch({
  environment,
  scope,
  tabs,
  ask,
  onSilence,
}: {
  environment: ClientEnvironment;
  scope: Scope;
  tabs: TabsEnvironment;
  ask: () => void;
  onSilence: () => void;
}): Watch {
  const nothing: Unsubscribe = () => undefined;
  let lastHeard = 0;
  let cancelAsking = nothing;
  let cancelAnswer: Unsubscribe | null = null;

  function expect(): void {
    cancelAnswer ??= scope.after(ANSWER_MS, () => {
      cancelAnswer = null;
      onSilence();
    });
  }

  function heard(): void {
    lastHeard = environment.now();
    cancelAnswer?.();
    cancelAnswer = null;
  }

  function look(): void {
    const patience = tabs.isVisible() ? ASK_MS : ASK_UNSEEN_MS;
    // A clock that was set back must not make the silence last.
    const isSilent = Math.abs(environment.now() - lastHeard) >= patience;
    if (isSilent) ask();
    cancelAsking = scope.after(ASK_MS, look);
  }

  function stop(): void {
    cancelAsking();
    cancelAsking = nothing;
    cancelAnswer?.();
    cancelAnswer = null;
  }

  return {
    start() {
      stop();
      lastHeard = environment.now();
      cancelAsking = scope.after(ASK_MS, look);
    },
    stop,
    heard,
    expect,
  };
}
