import type { LimitedParty } from "../../ports/limiter.ts";
import type { Scope, TenantId, UserId } from "../../ports/scope.ts";

/**
 * Every key this gateway uses in Redis, and nothing else names one. The braces are Redis's hash tag: all keys of
 * one user lie in one slot of a cluster, so that one script can change them together.
 *
 * A conversation's and a reply's keys have two parts after the tag, a user's and a tenant's own have one, so that no
 * id can make one the other.
 */
export const redisKeys = {
  /** L1, a hash. */
  recent: (scope: Scope, conversation: string): string => ofConversation(scope, conversation, "recent"),
  /** L2, a list. */
  session: (scope: Scope, conversation: string): string => ofConversation(scope, conversation, "session"),
  /** L4, a string. */
  summary: (scope: Scope, conversation: string): string => ofConversation(scope, conversation, "summary"),
  /** Who makes the next summary, a string. */
  summaryClaim: (scope: Scope, conversation: string): string =>
    ofConversation(scope, conversation, "summary-claim"),
  /** What a running reply has said, a list. */
  journal: (scope: Scope, reply: string): string => `${ofUser(scope)}:${encodeId(reply)}:journal`,
  /** Token buckets, a hash. */
  limits: (party: LimitedParty): string => `${ofParty(party)}:limits`,
  /** Reservations of turns, a hash. */
  reservations: (party: LimitedParty): string => `${ofParty(party)}:reservations`,
  /** When each reservation is forgotten, a sorted set. */
  reservationEnds: (party: LimitedParty): string => `${ofParty(party)}:reservation-ends`,
  /** Streams with a reply that has not ended, and how many, a hash. */
  streams: (party: LimitedParty): string => `${ofParty(party)}:streams`,
  /** Who runs a conversation's queue, a string. */
  owner: (scope: Scope, conversation: string): string => ofConversation(scope, conversation, "owner"),
  /** The last epoch in which somebody did, a string. */
  epoch: (scope: Scope, conversation: string): string => ofConversation(scope, conversation, "epoch"),
  /** The instances at which the user has sockets, a sorted set. */
  presence: (scope: Scope): string => `${ofUser(scope)}:presence`,
  /** An answer worth giving again, a string. */
  answer: (tenant: TenantId, digest: string): string =>
    `chat:{${encodeId(tenant)}}:${encodeId(digest)}:answer`,
  /** Digests of the answers to one user's questions, a sorted set; a string where the user was erased. */
  answersTo: (tenant: TenantId, user: UserId): string =>
    `chat:{${encodeId(tenant)}}:${encodeId(user)}:answers-to`,
  /** Tokens used and held of one of the tenant's accounts, a hash. */
  budget: (tenant: TenantId, account: string): string =>
    `chat:{${encodeId(tenant)}}:${encodeId(account)}:budget`,
  /** What turns hold of the tenant's accounts, a hash. */
  budgetHeld: (tenant: TenantId): string => `chat:{${encodeId(tenant)}}:budget-held`,
  /** When each of that is held no more, a sorted set. */
  budgetEnds: (tenant: TenantId): string => `chat:{${encodeId(tenant)}}:budget-ends`,
  /** What somebody did at a gate, a string. */
  gate: (gate: string, subject: string): string => `chat:gate:${encodeId(gate)}:${encodeId(subject)}`,
  /** That a name is used up, a string. */
  usedUp: (name: string): string => `chat:used:${encodeId(name)}`,
  /** Which instances are alive, a hash. */
  instances: "chat:instances",
  /** What instances must agree on, a string. */
  agreement: (name: string): string => `chat:agreed:${encodeId(name)}`,
  /** The channel on which an instance is spoken to. */
  channel: (instance: string): string => `chat:instance:${encodeId(instance)}`,
} as const;

function ofParty({ tenant, user }: LimitedParty): string {
  return user === null ? `chat:{${encodeId(tenant)}}` : ofUser({ tenant, user });
}

function ofUser({ tenant, user }: Scope): string {
  return `chat:{${encodeId(tenant)}:${encodeId(user)}}`;
}

function ofConversation(scope: Scope, conversation: string, layer: string): string {
  return `${ofUser(scope)}:${encodeId(conversation)}:${layer}`;
}

/**
 * An id as part of a key: injective for every string, and with no `:`, `{`, `}`, `%` or space of its own.
 * Half a surrogate pair has no percent-encoding, so it is spelled `%u` and its number.
 */
export function encodeId(id: string): string {
  return id.replace(/[^\w.~-]/gu, (character) =>
    character.isWellFormed() ? encodeURIComponent(character) : `%u${character.charCodeAt(0).toString(16)}`,
  );
}
