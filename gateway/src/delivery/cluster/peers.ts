import type { InstanceBus } from "../../ports/instance-bus.ts";
import type { Clock, Ids } from "../../ports/system.ts";
import {
  type Envelope,
  type Gap,
  type PeerAnswer,
  type PeerMessage,
  type PeerRequest,
  readEnvelope,
} from "./peer-messages.ts";
import { Told } from "./told.ts";

/** Milliseconds between beats, which tell again how far the numbers are. */
const BEAT_EVERY = 1_000;
/** Milliseconds after the last word to an instance for which its number is told again. */
const BEAT_FOR = 5_000;
/** Milliseconds for which the numbers of an instance that is gone are kept: it may have been held up. */
const KEPT = 60_000;
/** Milliseconds until a request is sent again, and until it is given up. */
const ASK_AGAIN = 300;
const GIVE_UP = 3_000;

interface Outgoing {
  n: number;
  waiting: PeerMessage[];
  lastSaid: number;
  readonly told: Told;
}

/** What peers tell the instance. */
export interface PeerHandlers {
  message(from: string, message: Exclude<PeerMessage, { t: "request" | "answer" }>): void;
  /** Answers a request; twice asked is twice answered, and done once. */
  request(from: string, request: Exclude<PeerRequest, { ask: "missed" }>): Promise<PeerAnswer>;
  /** Envelopes of that instance were lost; null where it is not known how many. */
  lost(from: string, gap: Gap | null): void;
  /** The bus itself was away: something may have been lost that no number has shown yet. */
  back(): void;
  failed(error: unknown): void;
}

/**
 * Words to and from other instances: all that one is told within a turn of the event loop goes in one publish,
 * envelopes are numbered, and requests are repeated until they are answered.
 */
export class Peers {
  readonly #self: string;
  readonly #bus: InstanceBus;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #handlers: PeerHandlers;
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #received = new Map<string, number>();
  /** When instances were found to be gone of which there are numbers. */
  readonly #gone = new Map<string, number>();
  readonly #asked = new Map<string, (answer: PeerAnswer) => void>();
  readonly #beat: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #flush: NodeJS.Immediate | null = null;
  #published = 0;

  constructor(parts: { self: string; bus: InstanceBus; clock: Clock; ids: Ids; handlers: PeerHandlers }) {
    this.#self = parts.self;
    this.#bus = parts.bus;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
    this.#handlers = parts.handlers;
    this.#beat = setInterval(() => {
      this.#tellNumbers();
      this.#forgetGone();
    }, BEAT_EVERY);
    this.#stopListening = parts.bus.onBack(() => this.#handlers.back());
  }

  /** Envelopes published so far. */
  get published(): number {
    return this.#published;
  }

  async listen(): Promise<void> {
    await this.#bus.receive(this.#self, (text) => this.#receive(text));
  }

  /** Tells another instance something, at the end of this turn of the event loop. It may be lost. */
  tell(instance: string, message: PeerMessage): void {
    const outgoing = this.#outgoing.get(instance) ?? {
      n: 0,
      waiting: [],
      lastSaid: 0,
      told: new Told(this.#clock),
    };
    outgoing.waiting.push(message);
    this.#outgoing.set(instance, outgoing);
    this.#flush ??= setImmediate(() => this.#send());
  }

  /** Asks another instance; null where it does not answer in so many milliseconds. */
  ask(instance: string, body: PeerRequest, patience: number = GIVE_UP): Promise<PeerAnswer | null> {
    const id = this.#ids.next();
    return new Promise((resolve) => {
      const say = (): void => this.tell(instance, { t: "request", id, body });
      const again = setInterval(say, ASK_AGAIN);
      const settle = (answer: PeerAnswer | null): void => {
        clearInterval(again);
        clearTimeout(limit);
        this.#asked.delete(id);
        resolve(answer);
      };
      const limit = setTimeout(() => settle(null), patience);
      this.#asked.set(id, settle);
      say();
    });
  }

  /** Another instance is gone: unless it speaks again, nothing is kept for it before long. */
  forget(instance: string): void {
    this.#gone.set(instance, this.#clock.monotonic());
  }

  close(): void {
    clearInterval(this.#beat);
    this.#stopListening();
    if (this.#flush !== null) clearImmediate(this.#flush);
    this.#send();
    for (const settle of [...this.#asked.values()]) settle("no");
  }

  #send(): void {
    this.#flush = null;
    for (const [instance, outgoing] of this.#outgoing) {
      if (outgoing.waiting.length === 0) continue;
      const envelope: Envelope = { from: this.#self, n: ++outgoing.n, m: outgoing.waiting };
      outgoing.waiting = [];
      outgoing.lastSaid = this.#clock.monotonic();
      outgoing.told.note(outgoing.n, envelope.m);
      this.#publish(instance, envelope);
    }
  }

  #tellNumbers(): void {
    const now = this.#clock.monotonic();
    for (const [instance, { n, waiting, lastSaid }] of this.#outgoing) {
      if (waiting.length > 0 || now - lastSaid > BEAT_FOR) continue;
      this.#publish(instance, { from: this.#self, n, m: [] });
    }
  }

  #forgetGone(): void {
    const now = this.#clock.monotonic();
    for (const [instance, since] of this.#gone) {
      if (now - since < KEPT) continue;
      this.#gone.delete(instance);
      this.#outgoing.delete(instance);
      this.#received.delete(instance);
    }
  }

  #publish(instance: string, envelope: Envelope): void {
    this.#published++;
    this.#bus.send(instance, JSON.stringify(envelope)).catch((error: unknown) => {
      const outgoing = this.#outgoing.get(instance);
      // Its number is told again until that reaches somebody.
      if (outgoing !== undefined) outgoing.lastSaid = this.#clock.monotonic();
      this.#handlers.failed(error);
    });
  }

  #receive(text: string): void {
    const envelope = readEnvelope(text);
    if (envelope === null) {
      this.#handlers.failed(new Error("another instance said what this one does not understand"));
      return;
    }
    const { from, n, m } = envelope;
    const last = m.length > 0 ? n - 1 : n;
    const heard = this.#received.get(from) ?? 0;
    this.#received.set(from, n);
    this.#gone.delete(from);
    if (last > heard) this.#handlers.lost(from, { after: heard, before: last + 1 });
    else if (last < heard) this.#handlers.lost(from, null);
    for (const message of m) this.#take(from, message);
  }

  #take(from: string, message: PeerMessage): void {
    if (message.t === "answer") {
      this.#asked.get(message.id)?.(message.answer);
    } else if (message.t === "request") {
      this.#answer(from, message.body).then(
        (answer) => this.tell(from, { t: "answer", id: message.id, answer }),
        (error: unknown) => this.#handlers.failed(error),
      );
    } else {
      this.#handlers.message(from, message);
    }
  }

  async #answer(from: string, request: PeerRequest): Promise<PeerAnswer> {
    if (request.ask !== "missed") return this.#handlers.request(from, request);
    const missed = this.#outgoing.get(from)?.told.between(request.after, request.before) ?? null;
    return missed === null ? "no" : { missed };
  }
}
