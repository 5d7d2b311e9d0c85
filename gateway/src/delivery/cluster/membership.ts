import { setTimeout as pause } from "node:timers/promises";
import type { LiveInstance } from "../../ports/instance-directory.ts";
import type { Scope } from "../../ports/scope.ts";
import { scopeKey } from "../../tenants/scope.ts";
import { TaskSet } from "../task-set.ts";
import type { ClusterParts } from "./parts.ts";

/** Seconds after which an instance that says nothing is gone, and after which a user's sockets with it are. */
const ALIVE_SECONDS = 5;
const PRESENCE_SECONDS = 25;
/** Milliseconds between beats and between renewals of presence. */
const BEAT_EVERY = 1_000;
const PRESENCE_EVERY = 8_000;
/** Milliseconds between two beats after which others may have spoken and not been heard. */
const UNHEARD_AFTER = 2_500;
/** Milliseconds in which others find that the store has forgotten them, and say again what they hold: as long as they may take to reach it again, and a beat. */
const UNSURE_FOR = 5_000;

/** Which other instances are alive, and on which of them a user has sockets. */
export class Membership {
  readonly #parts: ClusterParts;
  readonly #gone: (instances: readonly string[]) => void;
  readonly #back: (unreachable: boolean) => Promise<void>;
  readonly #timers: NodeJS.Timeout[] = [];
  #lastBeat: number | null = null;
  /** Whether a beat since the last found that the others could not know of this instance: those at the same time find it known. */
  #unknown = false;
  #unsureUntil = 0;
  readonly #takingBack: TaskSet;
  #coming: Promise<void> | null = null;
  #others = new Map<string, LiveInstance>();
  /** Users who have sockets here, and whether the store was told of them. */
  readonly #arrived = new Map<string, Promise<void>>();
  /** Users who are gone from here, of which the store was not told. */
  readonly #leaving = new Map<string, Scope>();
  /** When instances were found to be gone, of which presence may still tell. */
  readonly #dead = new Map<string, number>();
  /** Other instances that were not there at the last beat. */
  #missing: readonly string[] = [];

  /**
   * @param told.gone told of instances that said nothing for too long, or left
   * @param told.back told when this instance itself was held up; it counts as present when that resolves. Says
   *   whether that was for so long that others may have told it nothing meanwhile
   */
  constructor(
    parts: ClusterParts,
    told: {
      gone: (instances: readonly string[]) => void;
      back: (unreachable: boolean) => Promise<void>;
    },
  ) {
    this.#parts = parts;
    this.#takingBack = new TaskSet((error) =>
      parts.log.warn({ err: error }, "presence could not be taken back"),
    );
    this.#gone = told.gone;
    this.#back = told.back;
  }

  /** Whether no other instance is alive. */
  get alone(): boolean {
    return this.#others.size === 0;
  }

  /** Whether that other instance is alive. */
  has(instance: string): boolean {
    return this.#others.has(instance);
  }

  /** The other instances. */
  get all(): LiveInstance[] {
    return [...this.#others.values()];
  }

  /** Instances that take what this one gives up. */
  get willing(): LiveInstance[] {
    return [...this.#others.values()].filter(({ draining }) => !draining);
  }

  async start(): Promise<void> {
    await this.beat();
    this.#every(BEAT_EVERY, () => this.beat());
    this.#every(PRESENCE_EVERY, () => this.renewPresence());
  }

  /** Says that this instance is alive, and learns who else is. */
  async beat(): Promise<void> {
    const { self, directory, draining, clock } = this.#parts;
    const begun = clock.now();
    const known = await directory.beat({ id: self, draining: draining() }, ALIVE_SECONDS);
    this.#unknown ||= !known && this.#lastBeat !== null;
    const alive = await directory.alive();
    // Held up since it was asked: by now others may not know of this instance, nor it of them.
    if (clock.now() - begun > UNHEARD_AFTER) return await this.beat();
    if (!known && this.#lastBeat !== null) await this.#forgotten();
    this.#see(alive.filter(({ id }) => id !== self));
    if (this.heldUp) {
      // Who took it for gone, or no longer knew who is here, told it nothing.
      const unreachable = this.#unknown || this.#quiet > PRESENCE_SECONDS * 1000 - PRESENCE_EVERY;
      const greeted = clock.now();
      this.#coming ??= this.#back(unreachable).finally(() => {
        this.#coming = null;
      });
      await this.#coming;
      if (clock.now() - greeted > UNHEARD_AFTER) return await this.beat();
    }
    this.#lastBeat = clock.now();
    this.#unknown = false;
    await this.#leaveLate();
  }

  /** One that is missing at two beats is gone, unless the store has forgotten it. */
  #see(alive: readonly LiveInstance[]): void {
    const present = new Set(alive.map(({ id }) => id));
    const absent = this.sure ? [...this.#others.keys()].filter((id) => !present.has(id)) : [];
    const gone = absent.filter((id) => this.#missing.includes(id));
    this.#missing = absent;
    for (const other of alive) {
      this.#others.set(other.id, other);
      this.#dead.delete(other.id);
    }
    const now = this.#parts.clock.monotonic();
    for (const [id, since] of this.#dead) if (now - since > PRESENCE_SECONDS * 1000) this.#dead.delete(id);
    for (const id of gone) {
      this.#others.delete(id);
      this.#dead.set(id, now);
    }
    if (gone.length > 0) this.#gone(gone);
  }

  /** Whether the others have had the time to say again what they hold, where the store had forgotten it. */
  get sure(): boolean {
    return this.#parts.clock.monotonic() >= this.#unsureUntil;
  }

  /** Resolves when that is so, or nobody is there to say anything. */
  async untilSure(): Promise<void> {
    while (!this.sure && !this.alone) {
      const rest = this.#unsureUntil - this.#parts.clock.monotonic();
      await pause(Math.max(1, rest), null, { ref: false });
    }
  }

  /** The store knows nothing of this instance, and so of nobody: until all have said where users are, all are told. */
  async #forgotten(): Promise<void> {
    this.#unsureUntil = this.#parts.clock.monotonic() + UNSURE_FOR;
    await this.renewPresence();
  }

  /**
   * Resolves when the others know that this instance is there: where it was held up for so long that they took it
   * for gone, it says so first. Until then they would tell it nothing, and read nothing of it.
   */
  async present(): Promise<void> {
    if (this.heldUp) await this.beat();
  }

  /** Whether this instance has been held up: what reaches it now may be of long ago, and others may not reach it. */
  get heldUp(): boolean {
    return this.#quiet > UNHEARD_AFTER;
  }

  /** Milliseconds since the last beat. */
  get #quiet(): number {
    const now = this.#parts.clock.now();
    return now - (this.#lastBeat ?? now);
  }

  /** A socket of the user was registered here: resolves once the other instances can know. */
  arrive(scope: Scope): Promise<void> {
    const key = scopeKey(scope);
    const known = this.#arrived.get(key);
    if (known !== undefined) return known;
    const arrived = this.#parts.presence.register(scope, this.#parts.self, PRESENCE_SECONDS);
    this.#arrived.set(key, arrived);
    arrived.catch(() => {
      if (this.#arrived.get(key) === arrived) this.#arrived.delete(key);
    });
    return arrived;
  }

  /** Rejects where a socket of the user could not be registered now. */
  async couldArrive(scope: Scope): Promise<void> {
    await (this.#arrived.get(scopeKey(scope)) ?? this.#parts.presence.instancesOf(scope));
  }

  /** The user's last socket here is gone. Where the store is away, it is told at a later beat. */
  leave(scope: Scope): void {
    this.#arrived.delete(scopeKey(scope));
    this.#takingBack.add(this.#takeBack(scope));
  }

  async #takeBack(scope: Scope): Promise<void> {
    try {
      await this.#parts.presence.unregister(scope, this.#parts.self);
    } catch (error) {
      this.#leaving.set(scopeKey(scope), scope);
      throw error;
    }
  }

  async #leaveLate(): Promise<void> {
    for (const [key, scope] of [...this.#leaving]) {
      if (this.#parts.connections.countOf(scope) === 0) await this.#takeBack(scope);
      this.#leaving.delete(key);
    }
  }

  /** Prolongs the presence of everyone who has a socket here. */
  async renewPresence(): Promise<void> {
    const scopes = [...this.#parts.connections.scopes()];
    if (scopes.length > 0) await this.#parts.presence.renew(scopes, this.#parts.self, PRESENCE_SECONDS);
  }

  /** The other instances on which the user has sockets; all others, where that cannot be known just now. */
  async elsewhere(scope: Scope): Promise<string[]> {
    if (this.alone) return [];
    const { self, connections } = this.#parts;
    try {
      const instances = await this.#parts.presence.instancesOf(scope);
      // One that has forgotten who is here has forgotten who is elsewhere.
      const forgotten = connections.countOf(scope) > 0 && !instances.includes(self);
      if (forgotten || !this.sure) return [...this.#others.keys()];
      return instances.filter((instance) => instance !== self && !this.#dead.has(instance));
    } catch (error) {
      this.#parts.log.warn({ err: error }, "a user's other instances are not known, so all are told");
      return [...this.#others.keys()];
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#takingBack.settled();
    await this.#parts.directory.leave(this.#parts.self);
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    const failed = (error: unknown): void =>
      this.#parts.log.warn({ err: error }, "the other instances cannot be reached");
    this.#timers.push(setInterval(() => void work().catch(failed), milliseconds));
  }
}
