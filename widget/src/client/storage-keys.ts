/**
 * The storage key under which a visitor comes back: there where a conversation may be waiting.
 *
 * @param gateway the gateway's base URL, without a slash at its end
 */
export function visitorStorageKey(gateway: string, siteKey: string): string {
  return `parlance|${gateway}|${siteKey}|visitor`;
}

/** The storage key of what a user wrote and the gateway has not acknowledged yet. */
export function outboxStorageKey(gateway: string, siteKey: string, user: string): string {
  return `parlance|${gateway}|${siteKey}|outbox|${user}`;
}
