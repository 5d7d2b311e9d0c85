import type { ClientFrame } from "@parlance/protocol";
import { asFrame } from "./frame.ts";
import type { ClientEnvironment } from "./types.ts";

/** Shortest pause, in milliseconds, between two frames that say the same: the other side forgets after 6 s. */
const AGAIN_AFTER_MS = 3_000;

/** Tells the user's other tabs that they type: at the first key, every 3 s while it goes on, and at its end. */
export function createTypingNotice(
  { now }: ClientEnvironment,
  transmit: (frame: ClientFrame) => boolean,
): (active: boolean, conversation?: string) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (active, conversation) => {
    const isTold = now() - toldAt < AGAIN_AFTER_MS;
    // Nothing to take back where nothing was said, nothing to say anew where it was said just now.
    if (active ? isTold : toldAt === Number.NEGATIVE_INFINITY) return;
    const isSent = transmit(asFrame<ClientFrame>({ type: "typing", active, conversation }));
    if (isSent) toldAt = active ? now() : Number.NEGATIVE_INFINITY;
  };
}
