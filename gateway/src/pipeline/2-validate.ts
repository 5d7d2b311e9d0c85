import { createHash } from "node:crypto";
import type { Services } from "./services.ts";
import { type Admission, type AskingFrame, GO_ON, refuse, type StepOutcome } from "./turn.ts";

/** The frame's form was checked as it was decoded. Here is what depends on the state of the gateway. */
export function validate(turn: Admission, services: Services): StepOutcome {
  const { frame } = turn;
  if (services.draining() && !services.cluster.departure.possible) {
    return refuse("INTERNAL", "the gateway is restarting; send the message again", 2);
  }
  if (frame.type === "message" && (frame.attachments?.length ?? 0) > 0) {
    return refuse("ATTACHMENT_REJECTED", "`attachments`: this gateway takes none");
  }
  turn.digest = frameDigest(frame);
  return GO_ON;
}

/**
 * What must be equal for the same id to be the same message. The page a visitor is on may have changed; and who asks
 * again may name the conversation that it went to by now, which is compared with that one.
 */
function frameDigest(frame: AskingFrame): string {
  const asked =
    frame.type === "message"
      ? [frame.type, frame.content]
      : [frame.type, frame.message, frame.type === "edit" ? frame.content : null];
  return createHash("sha256").update(JSON.stringify(asked)).digest("base64url");
}
