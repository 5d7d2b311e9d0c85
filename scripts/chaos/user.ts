import { setTimeout as pause } from "node:timers/promises";
import { signToken } from "../../gateway/test/live/support/test-client.ts";
import { Device } from "./device.ts";
import { Ledger, type Question } from "./ledger.ts";
import { madeAt } from "./orphans.ts";
import type { Counts } from "./plan.ts";
import { type ChaosStage, callerOf, questionOf } from "./stage.ts";

/** Questions of a user that may wait for their answers at once. */
const MOST_OPEN = 4;
/** Share of users with two devices, and of devices that stay with an instance that says nothing. */
const TWO_DEVICES = 0.6;
const PATIENT = 0.5;
/** Share of users with one more device, which never loses its network by itself, so that it has to be told everything. */
const WATCHER = 0.4;

/** A user who asks, stops, repeats, loses the network and comes back elsewhere, as `random` decides. */
export class ChaosUser {
  readonly ledger: Ledger;
  readonly devices: readonly Device[];
  readonly #roaming: readonly Device[];
  readonly #patient: ReadonlySet<Device>;
  readonly #stage: ChaosStage;
  readonly #random: () => number;
  readonly #pause: number;
  readonly #cancels = new Map<string, string>();

  /** @param parts.pause milliseconds between two things it does, at most */
  constructor(parts: {
    name: string;
    stage: ChaosStage;
    counts: Counts;
    random: () => number;
    pause: number;
  }) {
    const { name, stage, counts, random } = parts;
    this.#pause = parts.pause;
    this.ledger = new Ledger(name);
    this.#stage = stage;
    this.#random = random;
    const token = signToken({ sub: name });
    const count = random() < TWO_DEVICES ? 2 : 1;
    const shared = { stage, token, ledger: this.ledger, counts, random };
    this.#roaming = Array.from({ length: count }, () => new Device(shared));
    const watchers = random() < WATCHER ? [new Device(shared)] : [];
    this.devices = [...this.#roaming, ...watchers];
    this.#patient = new Set([...this.#roaming.filter(() => random() < PATIENT), ...watchers]);
  }

  /** Replies whose cancel was sent to another instance than the one that was running them. */
  get cancelsAcross(): number {
    return [...this.#cancels].filter(([reply, owner]) => {
      const question = this.ledger.byReply.get(reply);
      const done = question === undefined ? null : this.ledger.endOf(question);
      return owner !== "" && done?.reason === "cancelled";
    }).length;
  }

  /** Does things, until it is told to stop. */
  async live(over: AbortSignal): Promise<void> {
    let other: string | null = null;
    for (const device of this.devices) {
      await device.connect(other);
      other = device.instance;
    }
    while (!over.aborted) {
      await pause((0.2 + 0.8 * this.#random()) * this.#pause);
      await this.#lookAfterNetworks();
      const device = this.#pick(this.#roaming);
      const choice = this.#random();
      if (choice < 0.4) this.#ask(device);
      else if (choice < 0.52) this.#repeat(device);
      else if (choice < 0.78) this.#cancel();
      else if (choice < 0.97) await this.#lose(device);
      else device.line?.send({ type: "open", conversation: "new" });
    }
  }

  /** Comes back for good, and waits for the end of all that was asked; false where it does not come in time. */
  async settle(deadline: AbortSignal): Promise<boolean> {
    while (!this.#settled()) {
      if (deadline.aborted) return false;
      for (const { promise } of this.ledger.open)
        for (const device of this.devices) if (promise !== null) device.resumeUnknown(promise.reply);
      await this.#lookAfterNetworks();
      await pause(100 + this.#random() * 200);
      const [device] = this.devices;
      if (device !== undefined) for (const question of this.ledger.unpromised) device.send(question);
      await pause(400);
    }
    return true;
  }

  #settled(): boolean {
    const { unpromised, open } = this.ledger;
    return (
      unpromised.length === 0 && open.length === 0 && this.devices.every((each) => this.#isUpToDate(each))
    );
  }

  /** Whether a device holds the end of all that it reads, and was shown all that came while it was there. */
  #isUpToDate(device: Device): boolean {
    const { readings, line, shown } = device;
    if (line === null || [...readings.all.values()].some(({ done }) => done === null)) return false;
    return [...this.ledger.byReply].every(
      ([reply, { promise }]) =>
        promise === null ||
        !device.wasThere(madeAt(promise.message)) ||
        (shown.has(promise.message) && readings.all.has(reply)),
    );
  }

  async #lookAfterNetworks(): Promise<void> {
    for (const device of this.devices) {
      if (!this.#patient.has(device)) await device.checkNetwork();
      if (device.offline) void device.connect();
    }
  }

  #ask(device: Device): void {
    const { ledger } = this;
    if (ledger.open.length + ledger.unpromised.length >= MOST_OPEN) return;
    const random = this.#random;
    const tokens = 5 + Math.floor(random() ** 2 * 100);
    const rate = 15 + Math.floor(random() * 30);
    const conversation = random() < 0.5 ? this.#pick([undefined, ...ledger.conversations]) : undefined;
    const content = `Question ${ledger.questions.size} of ${ledger.user} [[sim tokens=${tokens} rate=${rate}]]`;
    const question = ledger.ask({ content, conversation, tokens });
    device.send(question);
    if (random() < 0.25) this.#pick(this.#roaming).send(question);
  }

  #repeat(device: Device): void {
    const latest = [...this.ledger.questions.values()].slice(-5);
    if (latest.length > 0) device.send(this.#pick(latest));
  }

  /** Most often what runs just now at another instance than one of the user's devices is with, and from that device. */
  #cancel(): void {
    const { open } = this.ledger;
    const lines = this.devices.map(({ line }) => line).filter((line) => line !== null);
    const across = open.filter((each) => {
      const owner = this.#runningAt(each);
      return owner !== "" && lines.some(({ instance }) => instance !== owner);
    });
    const question = this.#random() < 0.8 ? (across[0] ?? open[0]) : open.at(-1);
    const promise = question?.promise ?? null;
    if (question === undefined || promise === null) return;
    const owner = this.#runningAt(question);
    const line = lines.find(({ instance }) => instance !== owner) ?? lines[0];
    if (line === undefined) return;
    question.cancelled = true;
    const { reply, message } = promise;
    if (!this.#cancels.has(reply)) this.#cancels.set(reply, owner === line.instance ? "" : owner);
    line.send({ type: "cancel", id: `c-${reply}`, ...(this.#random() < 0.7 ? { reply } : { message }) });
  }

  /** The instance that calls the model for a question just now; nothing where none does. */
  #runningAt({ content }: Question): string {
    const running = this.#stage.instances.upstream.requests.findLast(
      (call) => call.endedAt === undefined && call.abortedAt === undefined && questionOf(call) === content,
    );
    return running === undefined ? "" : callerOf(running);
  }

  async #lose(device: Device): Promise<void> {
    await device.drop();
    await pause(this.#random() * 1_500);
    await device.connect();
    await pause(this.#random() * 500);
    if (this.#random() < 0.6) this.#cancel();
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random() * values.length)];
    if (values.length === 0) throw new Error("nothing to pick from");
    return value as Value;
  }
}
