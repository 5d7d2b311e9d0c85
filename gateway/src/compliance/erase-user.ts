import { setTimeout as pause } from "node:timers/promises";
import type { Erasure, Records } from "../ports/records.ts";
import type { Scope } from "../ports/scope.ts";
import type { Clock, Ids } from "../ports/system.ts";
import { allPages } from "./all-pages.ts";
import type { HeldNames, UserStore } from "./user-stores.ts";

/** Things that are deleted from the archive at once. */
const BATCH = 500;

/** What an erasure goes through. */
export interface EraseServices {
  readonly records: Records;
  readonly stores: readonly UserStore[];
  /** Ends what runs for a user and the user's sockets, wherever they are. */
  stop(scope: Scope): Promise<void>;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** That a user was erased. */
export interface ErasureReceipt {
  readonly tenant: string;
  readonly user: string;
  readonly erasure: string;
  /** Who asked for it. */
  readonly by: string;
  /** ISO 8601. */
  readonly begunAt: string;
  readonly erasedAt: string;
  /** How many things went, by what they were or where they were. What was not there is not named. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Erases a user from every layer: first a durable tombstone, after which the archive takes nothing of theirs and
 * shows nothing; then what runs is stopped and sockets are closed; then everything is deleted; then the tombstone
 * becomes the receipt. What was issued or asked before its end is refused for good; a user of the same id who comes
 * back later has nothing.
 *
 * Safe to call again at any time, and by several at once: it goes on where it stopped. Where nothing was kept since
 * a former erasure, that one's receipt is the answer.
 *
 * @param by who asks, as the receipt names them
 */
export async function eraseUser(services: EraseServices, scope: Scope, by: string): Promise<ErasureReceipt> {
  const { stop, clock, ids } = services;
  const records = services.records.forUser(scope);
  const erasure = await records.begin({ id: ids.next(), by, at: clock.now() });
  if (erasure.erasedAt !== null) return receiptOf(scope, erasure, erasure.erasedAt);
  const held = await namesOf(services.records, scope);
  await stop(scope);
  await eraseStores(services, scope, erasure.id, held);
  let done = false;
  while (!done) done = await records.purge(erasure.id, BATCH);
  const standing = await records.erasure();
  if (standing !== null && standing.erasedAt !== null) return receiptOf(scope, standing, standing.erasedAt);
  // Once more, for what was on its way when its layer was emptied, and for sockets that were just let in.
  await stop(scope);
  await eraseStores(services, scope, erasure.id, held);
  const erasedAt = await endOfSecond(clock);
  const finished = await records.finish(erasure.id, erasedAt);
  return receiptOf(scope, finished, finished.erasedAt ?? erasedAt);
}

/** Finishes erasures that a gateway began which is no more. @returns how many */
export async function resumeErasures(services: EraseServices): Promise<number> {
  const unfinished = await services.records.unfinished();
  for (const scope of unfinished) await eraseUser(services, scope, "resumed");
  return unfinished.length;
}

async function namesOf(records: Records, scope: Scope): Promise<HeldNames> {
  const user = records.forUser(scope);
  const conversations: string[] = [];
  for await (const { id } of allPages((page) => user.conversations(page))) conversations.push(id);
  return { conversations, openReplies: await user.openReplies() };
}

async function eraseStores(
  { records, stores }: EraseServices,
  scope: Scope,
  erasure: string,
  held: HeldNames,
): Promise<void> {
  for (const { name, eraseUser: erase } of stores) {
    const count = await erase(scope, held);
    if (count > 0) await records.forUser(scope).count(erasure, { [name]: count });
  }
}

/**
 * Tokens say to the second when they were issued. So an erasure ends with its second, and who has its receipt can
 * tell by that alone which tokens are older.
 *
 * @returns the last millisecond of the second, once it is over
 */
async function endOfSecond(clock: Clock): Promise<number> {
  const now = clock.now();
  const next = Math.floor(now / 1000) * 1000 + 1000;
  await pause(next - now);
  return next - 1;
}

function receiptOf(scope: Scope, erasure: Erasure, erasedAt: number): ErasureReceipt {
  return {
    tenant: scope.tenant,
    user: scope.user,
    erasure: erasure.id,
    by: erasure.by,
    begunAt: new Date(erasure.begunAt).toISOString(),
    erasedAt: new Date(erasedAt).toISOString(),
    counts: erasure.counts,
  };
}
