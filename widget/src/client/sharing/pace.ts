import type { ClientFrame } from "@parlance/protocol";
import { PROTOCOL_LIMITS } from "@parlance/protocol/constants";
import type { Scope } from "../scope.ts";

/** Frames a second: what the gateway takes, less what arrives closer together than it was sent. */
const PER_SECOND = PROTOCOL_LIMITS.framesPerSecond - 10;

/** Sends in order and never faster than the gateway takes from one socket, however many tabs ask at once. */
export function createPace(scope: Scope, send: (frame: ClientFrame) => void): (frame: ClientFrame) => void {
  const waiting: ClientFrame[] = [];
  /** How many may go out now. By timers, as a clock may be set back. */
  let room = PER_SECOND;

  function flush(): void {
    while (room > 0) {
      const next = waiting.shift();
      if (next === undefined) return;
      room--;
      scope.after(1_000, () => {
        room++;
        flush();
      });
      send(next);
    }
  }

  return (frame) => {
    waiting.push(frame);
    flush();
  };
}
