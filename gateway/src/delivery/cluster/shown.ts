import type { ServerFrame } from "@parlance/protocol";
import type { Scope } from "../../ports/scope.ts";
import type { Clock } from "../../ports/system.ts";
import { scopeKey } from "../../tenants/scope.ts";

/** Milliseconds for which it is known what sockets were shown: longer than an instance can be dead unnoticed. */
const KEPT = 60_000;

/** The messages, cuts and clears that sockets here were shown of late, whichever instance they came from. */
export class Shown {
  readonly #clock: Clock;
  readonly #at = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A frame went to all of a user's sockets here. */
  note(scope: Scope, frame: ServerFrame): void {
    if (frame.type === "message") this.#note(messageKey(scope, frame.message.id));
    else if (frame.type === "truncate" && frame.after !== null) this.#note(cutKey(scope, frame.after));
    else if (frame.type === "cleared") this.#note(clearKey(scope, frame.conversation));
  }

  hasMessage(scope: Scope, message: string): boolean {
    return this.#at.has(messageKey(scope, message));
  }

  /** Whether what followed that message was cut off. */
  hasCutAfter(scope: Scope, message: string): boolean {
    return this.#at.has(cutKey(scope, message));
  }

  hasClear(scope: Scope, conversation: string): boolean {
    return this.#at.has(clearKey(scope, conversation));
  }

  #note(key: string): void {
    const now = this.#clock.monotonic();
    this.#at.delete(key);
    this.#at.set(key, now);
    for (const [oldest, at] of this.#at) {
      if (at >= now - KEPT) return;
      this.#at.delete(oldest);
    }
  }
}

function messageKey(scope: Scope, message: string): string {
  return `${message} ${scopeKey(scope)}`;
}

function cutKey(scope: Scope, message: string): string {
  return `after ${message} ${scopeKey(scope)}`;
}

function clearKey(scope: Scope, conversation: string): string {
  return `cleared ${conversation} ${scopeKey(scope)}`;
}
