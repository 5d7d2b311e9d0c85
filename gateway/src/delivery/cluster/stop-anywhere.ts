import { setTimeout as pause } from "node:timers/promises";
import type { Scope } from "../../ports/scope.ts";
import type { ReplyStopped } from "../live-reply.ts";
import type { Copies } from "./copies.ts";
import type { ClusterParts } from "./parts.ts";
import type { Peers } from "./peers.ts";

/** Tries to stop a reply that another instance runs, and milliseconds between them. */
const TRIES = 4;
const TRY_AGAIN = 500;

/** What is to be stopped, and why. */
interface Stop {
  readonly scope: Scope;
  readonly reply: string;
  readonly reason: ReplyStopped["reason"];
}

interface Surroundings {
  readonly parts: ClusterParts;
  readonly peers: Peers;
  readonly copies: Copies;
}

/**
 * Stops a reply wherever it runs; false where there is none of that id that has not ended. Rejects where a store
 * was away at the last of several tries.
 */
export async function stopAnywhere(here: Surroundings, stop: Stop): Promise<boolean> {
  for (let tries = 1; tries <= TRIES; tries++) {
    try {
      const stopped = await tryToStop(here, stop);
      if (stopped !== null) return stopped;
    } catch (error) {
      if (tries === TRIES) throw error;
      here.parts.log.warn({ err: error, reply: stop.reply }, "a reply could not be stopped yet");
    }
    await pause(TRY_AGAIN);
  }
  return true;
}

/** Null where it is to be tried again. */
async function tryToStop({ parts, peers, copies }: Surroundings, stop: Stop): Promise<boolean | null> {
  const { archive, replies, leases, self, stopHere } = parts;
  const { scope, reply, reason } = stop;
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
  return null;
}
