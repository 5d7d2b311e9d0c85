import type { Scope } from "../scope.ts";
import type { TabsEnvironment } from "../types.ts";

/** The right to hold the group's socket: one tab has it, the browser sees to that. */
export interface Leadership {
  /** Takes the lead where nobody has it: `onLead` or `onBusy`. */
  tryNow(): void;
  /** Takes the lead as soon as nobody has it. */
  queue(): void;
  /** Takes the lead from whoever has it. */
  steal(): void;
  /** Gives it up, or stops waiting for it. */
  release(): void;
}

/** What becomes of the lead. */
export interface LeadershipEvents {
  onLead(): void;
  onBusy(): void;
  /** Another tab took it. */
  onRobbed(): void;
  /** The browser gives no locks here, or does not answer; a late answer to `tryNow` still counts. */
  onUnavailable(): void;
}

/** How long, in milliseconds, a browser may take to say whether anybody leads. */
const ANSWER_MS = 2_000;

/** Makes the lead of a group over a Web Lock of its name. */
export function createLeadership(
  { locks, scope }: { locks: TabsEnvironment["locks"]; scope: Scope },
  name: string,
  { onLead, onBusy, onRobbed, onUnavailable }: LeadershipEvents,
): Leadership {
  /** Ends the request that counts now; one that does not is silent. */
  let cancel: () => void = () => undefined;

  function request(options: LockOptions): void {
    cancel();
    let state: "waiting" | "held" | "over" = "waiting";
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const isTry = options.ifAvailable === true;
    const cancelWait = isTry ? scope.after(ANSWER_MS, onUnavailable) : () => undefined;
    const canWait = options.steal !== true && !isTry;
    const abort = new AbortController();
    cancel = () => {
      state = "over";
      cancelWait();
      if (canWait) abort.abort();
      letGo();
    };
    locks
      .request(name, canWait ? { ...options, signal: abort.signal } : options, (lock) => {
        if (state === "over") return undefined;
        cancelWait();
        if (lock === null) {
          state = "over";
          onBusy();
          return undefined;
        }
        state = "held";
        onLead();
        return held;
      })
      .catch(() => {
        // Our own giving up ends here as well; otherwise it was stolen, or never to be had.
        const former = state;
        cancelWait();
        state = "over";
        if (former === "held") onRobbed();
        else if (former === "waiting") onUnavailable();
      });
  }

  return {
    tryNow: () => request({ ifAvailable: true }),
    queue: () => request({}),
    steal: () => request({ steal: true }),
    release: () => cancel(),
  };
}
