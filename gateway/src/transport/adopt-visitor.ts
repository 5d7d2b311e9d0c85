import type { Cluster } from "../delivery/cluster/cluster.ts";
import type { Connections } from "../delivery/connections.ts";
import { endReplies } from "../delivery/end-replies.ts";
import type { History } from "../history/history.ts";
import type { Archive } from "../ports/archive.ts";
import type { SiteKeyRecord } from "../ports/registry-store.ts";
import type { Scope, UserId } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import type { Visitors } from "../tenants/visitors.ts";

/** What an adoption works with. */
export interface AdoptionServices {
  readonly visitors: Visitors;
  readonly archive: Archive;
  readonly history: History;
  readonly cluster: Cluster;
  readonly connections: Connections;
  readonly clock: Clock;
}

/**
 * The visitor whom a token stands for becomes this user: the conversations pass, once, and the visitor's tokens and
 * sessions are dead. Answers that were being given end as `interrupted`, with what they had said; the user asks
 * anew. Where it stops half-way, the same token of the same user finishes it.
 */
export async function adoptVisitor(
  { token, key, scope }: { token: string; key: SiteKeyRecord; scope: Scope },
  services: AdoptionServices,
): Promise<void> {
  const { visitors, archive, history, connections, clock } = services;
  const visitor = await visitors.claim(token, key, scope.user);
  if (visitor === null) return;
  const former = { tenant: scope.tenant, user: visitor };
  // What does not end in time is ended by the archive.
  await endReplies(former, services);
  const passed = await archive.forUser(scope).adopt(visitor, clock.now());
  for (const conversation of passed) await history.changed(former, conversation);
  connections.touch(scope);
  await visitors.adopted(former, scope.user as UserId);
}
