import type { Scope } from "../../ports/scope.ts";
import { scopeKey } from "../../tenants/scope.ts";
import type { ClusterParts } from "./parts.ts";
import type { PeerAnswer, PeerRequest } from "./peer-messages.ts";

interface Surroundings {
  /** Whether the user has a socket on another instance. */
  readonly connectedElsewhere: (scope: Scope) => Promise<boolean>;
  readonly askAll: (request: PeerRequest) => Promise<readonly (PeerAnswer | null)[]>;
  readonly stop: (scope: Scope, reply: string, reason: "abandoned") => Promise<boolean>;
}

/** Gives up users who are gone from every instance. */
export class Absence {
  readonly #parts: ClusterParts;
  readonly #here: Surroundings;

  constructor(parts: ClusterParts, here: Surroundings) {
    this.#parts = parts;
    this.#here = here;
  }

  /**
   * The user has been gone from here for too long: gone from everywhere, what runs for them is stopped. Another
   * instance that waits for them, because they left it later, decides in its own time.
   */
  async abandon(scope: Scope): Promise<void> {
    const { archive, connections } = this.#parts;
    const { connectedElsewhere, askAll, stop } = this.#here;
    const owed = await archive.forUser(scope).openReplies();
    if (owed.length === 0 || (await connectedElsewhere(scope))) return;
    const { tenant, user } = scope;
    const answers = await askAll({ ask: "expecting", tenant, user });
    // They may have come back while others were asked.
    const isBack = connections.countOf(scope) > 0 || (await connectedElsewhere(scope));
    if (answers.includes("yes") || isBack) return;
    await Promise.all(owed.map(({ reply }) => stop(scope, reply, "abandoned")));
  }

  /** An instance is gone, and with it maybe the last socket of someone for whom an answer runs here. */
  async expectAll(): Promise<void> {
    const scopes = new Map([...this.#parts.replies.running()].map(({ scope }) => [scopeKey(scope), scope]));
    for (const scope of scopes.values()) await this.#parts.expectBack(scope);
  }
}
