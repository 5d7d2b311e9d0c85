import type { LiveInstance } from "../../ports/instance-directory.ts";
import type { Scope } from "../../ports/scope.ts";
import type { ClusterParts } from "./parts.ts";

/** Seconds after which an instance that says nothing is gone, and after which a user's sockets with it are. */
const ALIVE_SECONDS = 5;
const PRESENCE_SECONDS = 25;
/** Milliseconds between beats and between renewals of presence. */
const BEAT_EVERY = 1_000;
const PRESENCE_EVERY = 8_000;
/** Milliseconds between two beats after which others may have spoken and not been heard; beats that are remembered. */
const UNHEARD_AFTER = 2_500;
const BEATS_KEPT = 30;

/** Which other instances are alive, and on which of them a user has sockets. */
export class Membership {
  readonly #parts: ClusterParts;
  readonly #gone: (instances: readonly string[]) => void;
  readonly #back: () => Promise<void>;
  readonly #timers: NodeJS.Timeout[] = [];
  #beats: number[] = [];
  #coming: Promise<void> | null = null;
  #others = new Map<string, LiveInstance>();

  /**
   * @param told.gone told of instances that said nothing for too long, or left
   * @param told.back told when this instance itself was held up; it counts as present when that resolves
   */
  constructor(
    parts: ClusterParts,
    told: { gone: (instances: readonly string[]) => void; back: () => Promise<void> },
  ) {
    this.#parts = parts;
    this.#gone = told.gone;
    this.#back = told.back;
  }

  /** The moment, milliseconds since 1970, up to which this instance surely heard whatever it was told of late. */
  get heardUntil(): number {
    const beats = [...this.#beats, this.#parts.clock.now()];
    const quiet = beats.findIndex((beat, index) => beat - (beats[index - 1] ?? beat) > UNHEARD_AFTER);
    return (beats[Math.max(0, (quiet === -1 ? beats.length - 1 : quiet) - 1)] ?? 0) - BEAT_EVERY;
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
    await directory.beat({ id: self, draining: draining() }, ALIVE_SECONDS);
    const alive = (await directory.alive()).filter(({ id }) => id !== self);
    const gone = [...this.#others.keys()].filter((id) => !alive.some((other) => other.id === id));
    this.#others = new Map(alive.map((other) => [other.id, other]));
    if (gone.length > 0) this.#gone(gone);
    if (this.heldUp) {
      this.#coming ??= this.#back().finally(() => {
        this.#coming = null;
      });
      await this.#coming;
    }
    this.#beats = [...this.#beats, clock.now()].slice(-BEATS_KEPT);
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
    const { clock } = this.#parts;
    return clock.now() - (this.#beats.at(-1) ?? clock.now()) > UNHEARD_AFTER;
  }

  /** A socket of the user was registered here: resolves once the other instances can know. */
  async arrive(scope: Scope): Promise<void> {
    if (this.#parts.connections.countOf(scope) > 1) return;
    await this.#parts.presence.register(scope, this.#parts.self, PRESENCE_SECONDS);
  }

  /** The user's last socket here is gone. */
  async leave(scope: Scope): Promise<void> {
    await this.#parts.presence.unregister(scope, this.#parts.self);
  }

  /** Prolongs the presence of everyone who has a socket here. */
  async renewPresence(): Promise<void> {
    const scopes = [...this.#parts.connections.scopes()];
    if (scopes.length > 0) await this.#parts.presence.renew(scopes, this.#parts.self, PRESENCE_SECONDS);
  }

  /** The other instances on which the user has sockets; all others, where that cannot be known just now. */
  async elsewhere(scope: Scope): Promise<string[]> {
    if (this.alone) return [];
    try {
      const instances = await this.#parts.presence.instancesOf(scope);
      return instances.filter((instance) => instance !== this.#parts.self);
    } catch (error) {
      this.#parts.log.warn({ err: error }, "a user's other instances are not known, so all are told");
      return [...this.#others.keys()];
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#parts.directory.leave(this.#parts.self);
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    const failed = (error: unknown): void =>
      this.#parts.log.warn({ err: error }, "the other instances cannot be reached");
    const timer = setInterval(() => void work().catch(failed), milliseconds);
    timer.unref();
    this.#timers.push(timer);
  }
}
