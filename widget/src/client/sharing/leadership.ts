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
  /** The browser gives no locks here. */
  onUnavailable(): void;
}

/** Makes the lead of a group over a Web Lock of its name. */
export function createLeadership(
  locks: TabsEnvironment["locks"],
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
    const canWait = options.steal !== true && options.ifAvailable !== true;
    const abort = new AbortController();
    cancel = () => {
      state = "over";
      if (canWait) abort.abort();
      letGo();
    };
    locks
      .request(name, canWait ? { ...options, signal: abort.signal } : options, (lock) => {
        if (state === "over") return undefined;
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
