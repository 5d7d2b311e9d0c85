import { createHash } from "node:crypto";
import type { Scope } from "../../ports/scope.ts";
import { type Condition, condition } from "./expressions.ts";

/*
 * All keys there are.
 *
 *   TENANT#t#USER#u   HEAD                     the user's log: version, and what is not finished
 *                     CONV#c                   a conversation
 *                     CONV#c#MSG#p#s#n         a message: its position, slot (1 is an answer) and version
 *                     ID#m                     where the message or reply of that id stands
 *                     CLIENT#id                what a client's id was accepted as
 *                     TEXT#token#k             the rest of a text too long for one item
 *   TENANT#t#USER#u#ERA#n                      the same of who came back after being erased n times
 *   OWED#shard        TENANT#t#USER#u#REPLY#r  a reply that is owed, or was meant to be
 *   TENANT#t#KEPT     time#u#n                 since when something is kept of a user
 *   ERASURES          TENANT#t#USER#u          a user who is being erased or was, as long as that is remembered
 *   TENANT#t          TENANT                   a tenant
 *                     SITEKEY#id, APIKEY#id, SIGNINGKEY#kid
 *   TENANT#t#AUDIT    id                       what was done there
 *   TENANT#t#USAGE    day#model                what it used
 *                     SITEKEY#id#day           what visitors of a site key used
 *   TENANTS           t                        that there is, or is to be, such a tenant
 *   DELETED           t                        that it was deleted, or is to be, and something of its users may be kept
 *   SITEKEY#key       CLAIM                    whose key that is
 *   APIKEY#hash       CLAIM
 *   VISITOR#t#v       FAMILY                   what became of the tokens that a visitor was given
 *   REGISTRY          VERSION
 *
 * What outsiders chose is encoded injectively, so no two scopes or ids share a key.
 */

/** A whole key. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Before and behind every conversation and its messages. */
export const CONVERSATIONS = { low: "CONV#", high: "CONV$" } as const;

/** Partitions over which what is owed is spread. */
export const OWED_SHARDS = 16;

/**
 * Injective, and without `#`, which separates. A lone surrogate is escaped too: UTF-8 has none, and the table
 * would keep each as the same replacement.
 */
export function encodePart(text: string): string {
  return text.replace(
    /[%#]|\p{Surrogate}/gu,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The partition of a user, in the era after so many erasures. */
export function userKey({ tenant, user }: Scope, era: number): string {
  return `TENANT#${encodePart(tenant)}#USER#${encodePart(user)}${era === 0 ? "" : `#ERA#${era}`}`;
}

/** In the list of what is kept since when, by that time. */
export function keptKey({ tenant, user }: Scope, era: number, since: number): ItemKey {
  return { pk: keptPartition(tenant), sk: `${keptSince(since)}#${encodePart(user)}#${era}` };
}

export function keptPartition(tenant: string): string {
  return `TENANT#${encodePart(tenant)}#KEPT`;
}

/** Before everything that is kept since a time. */
export function keptSince(since: number): string {
  return String(since).padStart(15, "0");
}

export const ERASURES = "ERASURES";

/** Of the user's partition of that name. */
export function erasureKey(user: string): ItemKey {
  return { pk: ERASURES, sk: user };
}

export const HEAD = "HEAD";

export function conversationKey(conversation: string): string {
  return `CONV#${encodePart(conversation)}`;
}

/** Where something stands in its conversation. */
export interface Place {
  readonly position: number;
  /** 0 for what was asked or pushed, 1 for an answer. */
  readonly slot: number;
}

/** Before every message of a conversation, and behind every one of them. */
export function messagesRange(conversation: string): { low: string; high: string } {
  const prefix = `${conversationKey(conversation)}#MSG#`;
  return { low: prefix, high: `${prefix}~` };
}

/** Before whatever stands at a place, and behind what stands before it. */
export function placeKey(conversation: string, { position, slot }: Place): string {
  return `${conversationKey(conversation)}#MSG#${padded(position)}#${slot}`;
}

/** `n` is the version of the user's log that made the message: answers to one question share the place. */
export function messageKey(conversation: string, place: Place & { readonly n: number }): string {
  return `${placeKey(conversation, place)}#${padded(place.n)}`;
}

export function idKey(message: string): string {
  return `ID#${encodePart(message)}`;
}

export function clientKey(clientId: string): string {
  return `CLIENT#${encodePart(clientId)}`;
}

export function textKey(token: string, part: number): string {
  return `TEXT#${token}#${part}`;
}

export function owedShardKey(shard: number): string {
  return `OWED#${shard}`;
}

export function owedKey(user: string, reply: string): ItemKey {
  const shard = (createHash("sha256").update(user).digest()[0] ?? 0) % OWED_SHARDS;
  return { pk: owedShardKey(shard), sk: `${user}#REPLY#${encodePart(reply)}` };
}

export const REGISTRY_VERSION: ItemKey = { pk: "REGISTRY", sk: "VERSION" };

export type OwnedKind = "SITEKEY" | "APIKEY" | "SIGNINGKEY";

export function tenantKey(tenant: string): ItemKey {
  return { pk: `TENANT#${encodePart(tenant)}`, sk: "TENANT" };
}

export const TENANTS = "TENANTS";

/** In the list of tenants, in the order of their ids. */
export function listedTenantKey(tenant: string): ItemKey {
  return { pk: TENANTS, sk: encodePart(tenant) };
}

export const DELETED_TENANTS = "DELETED";

/** In the list of tenants whose users' data is to go. */
export function deletedTenantKey(tenant: string): ItemKey {
  return { pk: DELETED_TENANTS, sk: encodePart(tenant) };
}

export function auditPartition(tenant: string): string {
  return `TENANT#${encodePart(tenant)}#AUDIT`;
}

export function usagePartition(tenant: string): string {
  return `TENANT#${encodePart(tenant)}#USAGE`;
}

/** By which a tenant's conversation of that id is found, whosever it is. */
export function listedConversation(tenant: string, conversation: string): string {
  return `TENANT#${encodePart(tenant)}#${conversationKey(conversation)}`;
}

/** The user whose partition {@link userKey} named so. */
export function userOfKey(pk: string): string {
  return decodePart(/#USER#([^#]*)/.exec(pk)?.[1] ?? "");
}

/** The text that {@link encodePart} was given. */
export function decodePart(encoded: string): string {
  return encoded.replace(/%([0-9a-f]{4})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** What visitors of a site key used on a day: behind all rows by day. */
export function siteKeyUsageKey(tenant: string, { siteKey, day }: { siteKey: string; day: string }): ItemKey {
  return { pk: usagePartition(tenant), sk: `SITEKEY#${encodePart(siteKey)}#${day}` };
}

/** Rows of one day stand together, and days in order. */
export function usageKey(tenant: string, day: string, model: string): ItemKey {
  return { pk: usagePartition(tenant), sk: `${day}#${encodePart(model)}` };
}

/** A tenant's key by the id that the tenant knows it by. */
export function ownedKey(kind: OwnedKind, tenant: string, id: string): ItemKey {
  return { pk: `TENANT#${encodePart(tenant)}`, sk: `${kind}#${encodePart(id)}` };
}

/** A tenant's keys of a kind: in the order of their ids. */
export function ownedRange(kind: OwnedKind, tenant: string): { pk: string; range: Condition } {
  const { pk, sk } = ownedKey(kind, tenant, "");
  return { pk, range: condition("begins_with(#sk, :prefix)", { prefix: sk }) };
}

/** A key by what is shown to us. */
export function claimKey(kind: OwnedKind, shown: string): ItemKey {
  return { pk: `${kind}#${encodePart(shown)}`, sk: "CLAIM" };
}

/** By which a tenant's families of tokens are found. */
export function visitorsOfTenant(tenant: string): string {
  return `VISITORS#${encodePart(tenant)}`;
}

/** The tokens of an anonymous visitor. */
export function visitorKey(tenant: string, visitor: string): ItemKey {
  return { pk: `VISITOR#${encodePart(tenant)}#${encodePart(visitor)}`, sk: "FAMILY" };
}

function padded(number: number): string {
  return String(number).padStart(12, "0");
}
