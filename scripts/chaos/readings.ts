import type { ServerFrame, ServerFrameOf } from "@parlance/protocol";

/** What a device holds of one reply. */
export interface Reading {
  epoch: number;
  seq: number;
  text: string;
  done: ServerFrameOf<"done"> | null;
  /** Whether a rule was seen broken: then what follows says nothing. */
  broken: boolean;
  /** What it held of attempts that no longer stand. */
  readonly former: string[];
  /** On the socket of now: whether it was resumed, may come once more from the start, and ends received. */
  resumed: boolean;
  mayRepeat: boolean;
  dones: number;
}

/**
 * What a device holds of its user's replies, put together by the rules of the protocol as frames come in. What is
 * of a former attempt is dropped; a gap, a chunk twice or an end that does not fit is a broken rule.
 */
export class Readings {
  readonly all = new Map<string, Reading>();
  readonly #breaks: (rule: string, frame: unknown) => void;

  constructor(breaks: (rule: string, frame: unknown) => void) {
    this.#breaks = breaks;
  }

  of(reply: string): Reading {
    const known = this.all.get(reply);
    if (known !== undefined) return known;
    const reading: Reading = {
      epoch: 1,
      seq: 0,
      text: "",
      done: null,
      broken: false,
      former: [],
      resumed: false,
      mayRepeat: false,
      dones: 0,
    };
    this.all.set(reply, reading);
    return reading;
  }

  /**
   * It is asked for from where it is.
   *
   * @param live whether it may be on its way by itself, so that it comes twice
   */
  resume(reply: string, live: boolean): Reading {
    const reading = this.of(reply);
    reading.resumed = true;
    reading.mayRepeat = live;
    return reading;
  }

  /** Another socket begins: what was asked and said on the last one counts no more. */
  onNewSocket(): void {
    for (const reading of this.all.values()) {
      reading.resumed = false;
      reading.mayRepeat = false;
      reading.dones = 0;
    }
  }

  take(frame: ServerFrame): void {
    if (frame.type === "token") this.#token(frame);
    else if (frame.type === "snapshot") this.#snapshot(frame);
    else if (frame.type === "done") this.#done(frame);
    else if (frame.type === "error" && frame.reply !== undefined)
      this.#break(this.of(frame.reply), "trouble with a reply", frame);
  }

  #token(frame: ServerFrameOf<"token">): void {
    const reading = this.of(frame.reply);
    const epoch = frame.epoch ?? 1;
    if (epoch < reading.epoch) return;
    if (epoch > reading.epoch && reading.seq > 0)
      this.#break(reading, "a new attempt without a snapshot", frame);
    const from = frame.seq - (frame.n ?? 1);
    if (from === 0 && reading.mayRepeat && reading.seq > 0)
      Object.assign(reading, { seq: 0, text: "", dones: 0, mayRepeat: false });
    if (reading.dones > 0) this.#break(reading, "text after the end", frame);
    if (from !== reading.seq) this.#break(reading, `a gap, or a chunk twice, after ${reading.seq}`, frame);
    reading.epoch = epoch;
    reading.seq = frame.seq;
    reading.text += frame.content;
  }

  #snapshot(frame: ServerFrameOf<"snapshot">): void {
    const reading = this.of(frame.reply);
    if (frame.epoch < reading.epoch) return;
    if (frame.epoch === reading.epoch && !reading.resumed)
      this.#break(reading, "a snapshot that nobody asked for", frame);
    if (frame.epoch > reading.epoch && reading.seq > 0) reading.former.push(reading.text);
    reading.epoch = frame.epoch;
    reading.seq = frame.seq;
    reading.text = frame.content;
  }

  #done(frame: ServerFrameOf<"done">): void {
    const reading = this.of(frame.reply);
    reading.dones++;
    if (reading.dones > 1 && !(reading.mayRepeat && reading.dones === 2))
      this.#break(reading, "an end too many", frame);
    if ((frame.epoch ?? 1) < reading.epoch)
      this.#break(reading, `an end of an attempt before ${reading.epoch}`, frame);
    if (frame.seq !== reading.seq)
      this.#break(reading, `an end after another chunk than ${reading.seq}`, frame);
    reading.done = frame;
  }

  #break(reading: Reading, rule: string, frame: ServerFrame): void {
    if (!reading.broken) this.#breaks(rule, frame);
    reading.broken = true;
  }
}
