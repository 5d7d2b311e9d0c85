import type { ClientFrame } from "@parlance/protocol";
import { PROTOCOL_LIMITS } from "@parlance/protocol/constants";
import type { Scope } from "../scope.ts";

/** Frames a second: what the gateway takes, less what arrives closer together than it was sent. */
const PER_SECOND = PROTOCOL_LIMITS.framesPerSecond - 10;

/** Sends in order and never faster than the gateway takes from one socket, however many tabs ask at once. */
export function createPace(
  scope: Scope,
  now: () => number,
  send: (frame: ClientFrame) => void,
): (frame: ClientFrame) => void {
  const waiting: ClientFrame[] = [];
  /** When the last `PER_SECOND` frames went out, oldest first. */
  const sentAt: number[] = [];
  let isWaiting = false;

  function flush(): void {
    isWaiting = false;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const oldest = sentAt.length < PER_SECOND ? Number.NEGATIVE_INFINITY : (sentAt.shift() ?? 0);
      const wait = oldest + 1_000 - now();
      if (wait > 0) {
        sentAt.unshift(oldest);
        waiting.unshift(next);
        isWaiting = true;
        scope.after(wait, flush);
        return;
      }
      sentAt.push(now());
      send(next);
    }
  }

  return (frame) => {
    waiting.push(frame);
    if (!isWaiting) flush();
  };
}
