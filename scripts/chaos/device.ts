import { setTimeout as pause } from "node:timers/promises";
import type { ServerFrame, ServerFrameOf } from "@parlance/protocol";
import type { Ledger, Question } from "./ledger.ts";
import { Line } from "./line.ts";
import type { Counts } from "./plan.ts";
import { Readings } from "./readings.ts";
import type { ChaosStage } from "./stage.ts";

/** Milliseconds after which a device that hears nothing takes its network for lost. */
const SILENCE = 2_500;

/** What a user's devices share. */
export interface DeviceParts {
  readonly stage: ChaosStage;
  readonly token: string;
  readonly ledger: Ledger;
  readonly counts: Counts;
  readonly random: () => number;
}

/** One of a user's devices: it keeps what it holds, and comes back wherever it is let in. */
export class Device {
  readonly readings: Readings;
  /** Messages that it was shown, other than as answers that grow. */
  readonly shown = new Set<string>();
  readonly #parts: DeviceParts;
  #line: Line | null = null;
  #connecting: Promise<void> | null = null;
  #lastInstance: string | null = null;
  #heardAt = 0;
  #pingedAt: number | null = null;
  #readySince = Number.POSITIVE_INFINITY;
  #leaving = false;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    const { ledger } = parts;
    this.readings = new Readings((rule, frame) => ledger.breaks(`${this.#line?.instance}: ${rule}`, frame));
  }

  /** Its socket, once that is ready. */
  get line(): Line | null {
    return this.#line?.open === true && this.#readySince < Number.POSITIVE_INFINITY ? this.#line : null;
  }

  /** The instance of its latest socket. */
  get instance(): string | null {
    return this.#line?.instance ?? null;
  }

  /** Whether it has been there since before a moment, milliseconds since 1970. */
  wasThere(at: number): boolean {
    return at > this.#readySince;
  }

  /** Whether it has no network, and does nothing about it. */
  get offline(): boolean {
    return this.#line?.open !== true && this.#connecting === null;
  }

  /** Where it is, for whoever looks for what went wrong. */
  toString(): string {
    return `${this.line === null ? "not" : "ready"} at ${this.#line?.instance} since ${this.#readySince % 1e6}`;
  }

  /**
   * Comes back, sooner or later. Twice at once is once.
   *
   * @param but an instance to stay away from, most often; where it was, if nothing is said
   */
  connect(but: string | null = this.#lastInstance): Promise<void> {
    this.#connecting ??= this.#connect(but).finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  /** Loses its network. */
  async drop(): Promise<void> {
    await this.#line?.drop();
  }

  /** Goes for good. */
  async leave(): Promise<void> {
    this.#leaving = true;
    await this.#line?.close();
  }

  send(question: Question): void {
    const { line } = this;
    if (line === null) return;
    question.sends++;
    const { id, content, conversation } = question;
    line.send({ type: "message", id, content, ...(conversation === undefined ? {} : { conversation }) });
  }

  /** Looks whether the other end still answers, and takes the network for lost where it does not. */
  async checkNetwork(): Promise<void> {
    const line = this.#line;
    if (line?.open !== true) return;
    if (this.#pingedAt === null) {
      this.#pingedAt = performance.now();
      line.send({ type: "ping" });
    } else if (this.#heardAt < this.#pingedAt && performance.now() - this.#pingedAt > SILENCE) {
      await this.drop();
    } else if (this.#heardAt >= this.#pingedAt) {
      this.#pingedAt = null;
    }
  }

  /** Asked to come back. */
  #comeBack(line: Line): void {
    this.#readySince = Number.POSITIVE_INFINITY;
    void line.drop().then(() => this.connect());
  }

  async #connect(but: string | null): Promise<void> {
    const { stage, token, random } = this.#parts;
    while (this.#line?.open !== true && !this.#leaving) {
      const gateway = stage.anyInstance(random, random() < 0.8 ? but : null);
      this.#readySince = Number.POSITIVE_INFINITY;
      this.readings.onNewSocket();
      const line = await Line.open({ ...gateway, token }, (frame, from) => this.#take(frame, from));
      if (line === null) {
        await pause(100 + random() * 400);
        continue;
      }
      this.#line = line;
      this.#pingedAt = null;
      this.#heardAt = performance.now();
    }
  }

  #take(frame: ServerFrame, line: Line): void {
    const { ledger } = this.#parts;
    this.#line = line;
    this.#heardAt = performance.now();
    if (frame.type === "ready") this.#greet(frame, line);
    else if (frame.type === "message") this.shown.add(frame.message.id);
    else if (frame.type === "ack") {
      this.shown.add(frame.message);
      ledger.acknowledged(frame);
    } else if (frame.type === "error" && frame.ref !== undefined) this.#refused(frame);
    else if (frame.type === "goaway") this.#comeBack(line);
    else if (frame.type === "conversation") ledger.conversations.add(frame.conversation);
    else this.readings.take(frame);
    if (frame.type === "done") ledger.ended(frame);
  }

  #greet(ready: ServerFrameOf<"ready">, line: Line): void {
    const { ledger, counts } = this.#parts;
    this.#readySince = Date.now();
    for (const { id } of ready.messages) this.shown.add(id);
    const unfinished = [...this.readings.all].filter(([, { done }]) => done === null).map(([reply]) => reply);
    const wanted = new Set([...ready.replies.map(({ reply }) => reply), ...unfinished]);
    const moved = this.#lastInstance !== null && this.#lastInstance !== line.instance;
    if (wanted.size > 0 && moved) counts.resumesElsewhere++;
    this.#lastInstance = line.instance;
    for (const reply of wanted) this.#resumeOne(reply, line, false);
    for (const question of ledger.unpromised) this.send(question);
  }

  /** Asks for a reply of whose beginning or end it may have heard nothing, because its promise came late. */
  resumeUnknown(reply: string): void {
    if (this.line !== null && !this.readings.all.has(reply)) this.#resumeOne(reply, this.line, true);
  }

  #resumeOne(reply: string, line: Line, live: boolean): void {
    const { seq: after, epoch } = this.readings.resume(reply, live);
    line.send({ type: "resume", id: `r-${reply}`, reply, after, ...(after > 0 ? { epoch } : {}) });
  }

  /** A store that is away for a while is no broken rule: the user asks again. */
  #refused(error: ServerFrameOf<"error">): void {
    if (error.code !== "INTERNAL" || error.retryAfter === undefined)
      this.#parts.ledger.breaks(`${this.#line?.instance}: refused`, error);
  }
}
