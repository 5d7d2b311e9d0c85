import { setTimeout as pause } from "node:timers/promises";
import type { Scope } from "../../ports/scope.ts";
import type { ReplyStopped } from "../live-reply.ts";
import type { Copies } from "./copies.ts";
import type { ClusterParts } from "./parts.ts";
import type { Peers } from "./peers.ts";

/** Tries to stop a reply that another instance runs, and milliseconds between them. */
const TRIES = 4;
const TRY_AGAIN = 500;

/** Stops a reply wherever it runs; false where there is none of that id that has not ended. */
export async function stopAnywhere(
  { parts, peers, copies }: { parts: ClusterParts; peers: Peers; copies: Copies },
  { scope, reply, reason }: { scope: Scope; reply: string; reason: ReplyStopped["reason"] },
): Promise<boolean> {
  const { archive, replies, leases, self, stopHere } = parts;
  for (let tries = 0; tries < TRIES; tries++) {
    const known = replies.get(scope, reply);
    if (known?.owner === null) {
      stopHere(known, reason);
      return true;
    }
    const state = known ?? (await archive.forUser(scope).reply(reply));
    if (state === null || state.state === "ended") return false;
    const conversation = "owed" in state ? state.owed.conversation : state.conversation;
    const owner = known?.owner || (await leases.ownerOf(scope, conversation))?.instance;
    if (owner !== undefined && owner !== self) {
      const { tenant, user } = scope;
      const answer = await peers.ask(owner, { ask: "stop", tenant, user, reply, reason });
      if (answer === "yes") return true;
    }
    if (known !== null) await copies.attach(known);
    await pause(TRY_AGAIN);
  }
  return true;
}
