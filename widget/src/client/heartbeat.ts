import { CLIENT_PING_AFTER_SECONDS, HEARTBEAT } from "@parlance/protocol/constants";
import type { Scope } from "./scope.ts";
import type { ClientEnvironment, Unsubscribe } from "./types.ts";

/** Finds out that a socket is half open: nothing comes, and nobody says so. */
export interface Heartbeat {
  /** A frame came. */
  heard(): void;
  /** Pings now, as after a sleep. */
  check(): void;
  stop(): void;
}

/** Watches one socket: pings after 45 s of silence, calls `dead` where 10 s later nothing has come. */
export function createHeartbeat(
  { environment, scope }: { environment: ClientEnvironment; scope: Scope },
  { ping, dead }: { ping: () => void; dead: () => void },
): Heartbeat {
  let lastHeard = environment.now();
  let frames = 0;
  let cancel: Unsubscribe = () => undefined;

  function watch(): void {
    // One timer that looks back, rather than one set anew at each frame of a stream.
    // A clock that was set back must not put it off.
    const wait = CLIENT_PING_AFTER_SECONDS * 1_000 - Math.abs(environment.now() - lastHeard);
    if (wait <= 0) check();
    else cancel = scope.after(wait, watch);
  }

  function check(): void {
    cancel();
    const before = frames;
    cancel = scope.after(HEARTBEAT.timeout * 1_000, () => (frames === before ? dead() : watch()));
    ping();
  }

  watch();
  return {
    heard() {
      lastHeard = environment.now();
      frames++;
    },
    check,
    stop: () => cancel(),
  };
}
