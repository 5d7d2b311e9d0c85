import { encodeFrame, type ServerFrame } from "@parlance/protocol";
import type { Scope } from "../ports/scope.ts";
import { scopeKey } from "../tenants/scope.ts";
import type { LiveReply } from "./live-reply.ts";
import type { SocketOutbox } from "./socket-outbox.ts";

/** A socket of a user, from before its 101 to its close. */
export interface Connection {
  readonly scope: Scope;
  /** Present once `ready` has gone out: before that it is registered, but is sent nothing. */
  outbox: SocketOutbox | null;
  /** When what its `ready` says began to be read, milliseconds since 1970. */
  readAt: number;
}

interface UserConnections {
  readonly scope: Scope;
  readonly connections: Set<Connection>;
  abandonTimer: NodeJS.Timeout | null;
  /** Seconds of a wait for the user that no socket has ended yet by becoming ready. */
  awaited: number | null;
  revision: number;
}

/** Who is connected here. A user may have many sockets; every one gets the frames of all conversations. */
export class Connections {
  readonly #users = new Map<string, UserConnections>();
  readonly #abandoned: (scope: Scope) => void;
  readonly #left: (scope: Scope) => void;
  #count = 0;
  readonly #awaitingEmpty = new Set<() => void>();
  #closed = false;

  /**
   * @param told.left told when a user's last socket here is gone
   * @param told.abandoned told when it has been gone for the tenant's `abandonSeconds`
   */
  constructor(told: { left: (scope: Scope) => void; abandoned: (scope: Scope) => void }) {
    this.#left = told.left;
    this.#abandoned = told.abandoned;
  }

  get count(): number {
    return this.#count;
  }

  /** Registers a connection, before its 101. From now on its user is not absent. */
  register(scope: Scope): Connection {
    const key = scopeKey(scope);
    const user = this.#users.get(key) ?? {
      scope,
      connections: new Set<Connection>(),
      abandonTimer: null,
      awaited: null,
      revision: 0,
    };
    if (user.abandonTimer !== null) clearTimeout(user.abandonTimer);
    user.abandonTimer = null;
    const connection: Connection = { scope, outbox: null, readAt: 0 };
    user.connections.add(connection);
    this.#users.set(key, user);
    this.#count++;
    return connection;
  }

  /**
   * Lets go of a connection.
   *
   * @param abandonAfter seconds after which the user counts as gone, where this was the last one and the user
   *   has replies running; null lets the user go at once, unless they were awaited and this connection never
   *   became ready: then the wait begins again
   */
  unregister(connection: Connection, abandonAfter: number | null): void {
    const key = scopeKey(connection.scope);
    const user = this.#users.get(key);
    if (user === undefined || !user.connections.delete(connection)) return;
    this.#count--;
    if (this.#count === 0) for (const emptied of [...this.#awaitingEmpty]) emptied();
    connection.outbox?.close();
    connection.outbox = null;
    if (user.connections.size > 0) return;
    this.#left(user.scope);
    const seconds = abandonAfter ?? user.awaited;
    if (seconds === null) this.#users.delete(key);
    else this.#awaitReturn(key, user, seconds);
  }

  /**
   * Something runs for a user who may be gone already: where no socket is here, they are given up after so
   * many seconds, unless they come back.
   */
  expect(scope: Scope, abandonAfter: number): void {
    const key = scopeKey(scope);
    if (this.#users.has(key)) return;
    const user = {
      scope,
      connections: new Set<Connection>(),
      abandonTimer: null,
      awaited: null,
      revision: 0,
    };
    this.#users.set(key, user);
    this.#awaitReturn(key, user, abandonAfter);
  }

  /** The check and the registration of a new socket are one turn each: either it came in time, or it did not. */
  #awaitReturn(key: string, user: UserConnections, seconds: number): void {
    user.awaited = seconds;
    if (this.#closed) return;
    user.abandonTimer = setTimeout(() => {
      this.#users.delete(key);
      this.#abandoned(user.scope);
    }, seconds * 1000);
  }

  /**
   * `ready` has gone out: from now on the connection is sent its user's frames.
   *
   * @param readAt when what it says began to be read, milliseconds since 1970
   */
  live(connection: Connection, outbox: SocketOutbox, readAt: number): void {
    connection.outbox = outbox;
    connection.readAt = readAt;
    const user = this.#users.get(scopeKey(connection.scope));
    if (user !== undefined) user.awaited = null;
  }

  /** What the user would be shown has changed: a socket that is reading it for its `ready` reads it anew. */
  touch(scope: Scope): void {
    const user = this.#users.get(scopeKey(scope));
    if (user !== undefined) user.revision++;
  }

  /** Changes with every `touch`, for as long as the user has a connection. */
  revision(scope: Scope): number {
    return this.#users.get(scopeKey(scope))?.revision ?? 0;
  }

  /** Whether a user has a socket here, or may come back to one before they count as gone. */
  isExpected(scope: Scope): boolean {
    return this.#users.has(scopeKey(scope));
  }

  /** How many sockets a user has here. */
  countOf(scope: Scope): number {
    return this.#users.get(scopeKey(scope))?.connections.size ?? 0;
  }

  /** The outboxes of a user's sockets that are ready. */
  *outboxes(scope: Scope): Generator<SocketOutbox> {
    const user = this.#users.get(scopeKey(scope));
    if (user === undefined) return;
    for (const { outbox } of user.connections) if (outbox !== null) yield outbox;
  }

  /** When what a user's sockets that are ready were told began to be read; of several, the first of them. */
  readAt(scope: Scope): number {
    const live = [...(this.#users.get(scopeKey(scope))?.connections ?? [])].filter(
      ({ outbox }) => outbox !== null,
    );
    return Math.min(...live.map(({ readAt }) => readAt));
  }

  /** Sends a frame to all of a user's sockets, save one where it is given. */
  broadcast(scope: Scope, frame: ServerFrame, except?: SocketOutbox): void {
    const text = encodeFrame(frame);
    for (const outbox of this.outboxes(scope)) if (outbox !== except) outbox.sendText(text);
  }

  /** A reply that was just accepted reaches all of its user's sockets by itself. */
  attachAll(reply: LiveReply): void {
    for (const outbox of this.outboxes(reply.scope)) {
      if (!outbox.reads(reply.id)) outbox.attach(reply, { after: 0, snapshot: false });
    }
  }

  /** The users that have a socket here. */
  *scopes(): Generator<Scope> {
    for (const { scope, connections } of this.#users.values()) if (connections.size > 0) yield scope;
  }

  /** Calls back for every socket that is ready. */
  everyone(tell: (outbox: SocketOutbox, scope: Scope) => void): void {
    for (const { scope, connections } of this.#users.values()) {
      for (const { outbox } of connections) if (outbox !== null) tell(outbox, scope);
    }
  }

  /** Resolves when no connection is left, or after so many milliseconds. */
  async empty(milliseconds: number): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#awaitingEmpty.delete(settle);
        resolve();
      };
      const timer = setTimeout(settle, milliseconds);
      this.#awaitingEmpty.add(settle);
    });
  }

  /** Lets go of every timer. Nobody is waited for any more, whoever leaves after it. */
  close(): void {
    this.#closed = true;
    for (const user of this.#users.values()) if (user.abandonTimer !== null) clearTimeout(user.abandonTimer);
  }
}
