import { Asked, type AskFrame } from "./asked.ts";
import { connect, type TestClient } from "./test-client.ts";

/** Frames that one socket sends before it is exchanged: below what a second allows. */
const FRAMES_A_SOCKET = 35;

/** One of the user's two devices: what it holds outlives its sockets, until it is reloaded. */
interface Device {
  client: TestClient;
  /** Chunks it holds, by reply. */
  held: Map<string, number>;
}

/** What became of a user's chaotic session. */
export interface ChaosOutcome {
  readonly asked: Asked;
  /** There from the first frame to the last; asked nothing. */
  readonly observer: TestClient;
  /** Every socket of the two devices. */
  readonly sockets: readonly { readonly client: TestClient; readonly open: boolean }[];
}

/**
 * Lets one user's two devices do what users and networks do, in an order that `random` decides, and waits until
 * everything that was asked has come to its end.
 *
 * @param options.firstSeed where the seeds of its questions begin
 */
export async function playChaos(options: {
  chatUrl: string;
  token: string;
  random: () => number;
  steps: number;
  firstSeed: number;
}): Promise<ChaosOutcome> {
  const session = new ChaosSession(options);
  await session.begin();
  for (let step = 0; step < options.steps; step++) await session.step();
  return session.finish();
}

class ChaosSession {
  readonly #chatUrl: string;
  readonly #token: string;
  readonly #random: () => number;
  readonly #asked: Asked;
  readonly #sockets: { client: TestClient; open: boolean }[] = [];
  readonly #devices: Device[] = [];
  #observer: TestClient | null = null;
  #names = 0;

  constructor(options: { chatUrl: string; token: string; random: () => number; firstSeed: number }) {
    this.#chatUrl = options.chatUrl;
    this.#token = options.token;
    this.#random = options.random;
    this.#asked = new Asked(options.firstSeed);
  }

  async begin(): Promise<void> {
    this.#observer = await connect(this.#chatUrl, { token: this.#token });
    for (let device = 0; device < 2; device++) {
      this.#devices.push({ client: await this.#connect(), held: new Map() });
    }
  }

  async step(): Promise<void> {
    const device = this.#pick(this.#devices);
    if (device.client.sent.length >= FRAMES_A_SOCKET) await this.#reconnect(device);
    this.#learn();
    const [action] = this.#weighted(device);
    await action();
    if (this.#random() < 0.6) await this.#nextFrame();
  }

  async finish(): Promise<ChaosOutcome> {
    const observer = this.#watching();
    this.#learn();
    for (const device of this.#devices) await this.#reconnect(device);
    for (const device of this.#devices) await this.#untilAnswered(device.client);
    this.#learn();
    const ended = (): boolean => {
      const dones = new Set(observer.all("done").map(({ reply }) => reply));
      return [...this.#asked.byReply.keys()].every((reply) => dones.has(reply));
    };
    await observer.until(ended, "the end of all that was promised");
    for (const { client } of this.#devices) await client.roundTrip();
    return { asked: this.#asked, observer, sockets: this.#sockets };
  }

  /** What a device may do next, each as often as its weight says. */
  #weighted(device: Device): [() => Promise<void> | void] {
    const actions: readonly [number, () => Promise<void> | void][] = [
      [30, () => this.#ask(device)],
      [10, () => this.#again(device)],
      [3, () => this.#conflict(device)],
      [12, () => this.#cancel(device)],
      [12, () => this.#resume(device)],
      [8, () => this.#reconnect(device)],
      [6, () => this.#reload(device)],
      [8, () => this.#edit(device)],
      [8, () => this.#regenerate(device)],
      [3, () => this.#clear(device)],
      [4, () => this.#open(device)],
    ];
    let left = this.#random() * actions.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, action] of actions) {
      left -= weight;
      if (left < 0) return [action];
    }
    throw new Error("weights do not add up");
  }

  #ask(device: Device): void {
    const known = [...this.#asked.promised.values()].map(({ conversation }) => conversation);
    const conversation = known.length > 0 && this.#random() < 0.6 ? this.#pick(known) : undefined;
    const content = this.#newText();
    this.#sendAsk(device, {
      type: "message",
      id: this.#name(),
      content,
      ...(conversation === undefined ? {} : { conversation }),
    });
  }

  #again(device: Device): void {
    if (this.#asked.frames.length > 0) device.client.send(this.#pick(this.#asked.frames));
  }

  #conflict(device: Device): void {
    const stored = this.#asked.frames.filter(
      ({ id, type }) => this.#asked.promised.has(id) && type !== "regenerate",
    );
    if (stored.length > 0) device.client.send({ ...this.#pick(stored), content: "something else" });
  }

  #cancel(device: Device): void {
    const promised = [...this.#asked.promised.entries()];
    if (promised.length === 0) return;
    const [id, { reply, message, conversation }] =
      this.#random() < 0.7 ? (promised.at(-1) ?? this.#pick(promised)) : this.#pick(promised);
    const target = this.#pick([{ reply }, { reply }, { message }, { message: id }, { conversation }, {}]);
    device.client.send({ type: "cancel", id: this.#name(), ...target });
  }

  #resume(device: Device): void {
    const replies = [...this.#asked.byReply.values()];
    if (replies.length === 0) return;
    const { reply, script } =
      this.#random() < 0.5 ? (replies.at(-1) ?? this.#pick(replies)) : this.#pick(replies);
    const after = this.#pick([0, 1, this.#heldOf(device).get(reply) ?? 0, script.chunks.length, 100_000]);
    const epoch = this.#pick([undefined, undefined, 1, 7]);
    const unknown = this.#random() < 0.1;
    device.client.send({
      type: "resume",
      id: this.#name(),
      reply: unknown ? "no-such-reply" : reply,
      after,
      ...(epoch === undefined ? {} : { epoch }),
    });
  }

  #edit(device: Device): void {
    const message = this.#question();
    if (message !== null)
      this.#sendAsk(device, { type: "edit", id: this.#name(), message, content: this.#newText() });
  }

  #regenerate(device: Device): void {
    const message = this.#question();
    if (message !== null) this.#sendAsk(device, { type: "regenerate", id: this.#name(), message });
  }

  #clear(device: Device): void {
    const promised = [...this.#asked.promised.values()];
    if (promised.length === 0) return;
    device.client.send({ type: "clear", id: this.#name(), conversation: this.#pick(promised).conversation });
  }

  #open(device: Device): void {
    const promised = [...this.#asked.promised.values()];
    const conversation =
      promised.length > 0 && this.#random() < 0.7 ? this.#pick(promised).conversation : "new";
    device.client.send({ type: "open", id: this.#name(), conversation });
  }

  /** The network goes; the device comes back, goes on where it was, and asks again what it has no answer to. */
  async #reconnect(device: Device): Promise<void> {
    const held = this.#heldOf(device);
    await this.#leave(device);
    device.client = await this.#connectWhileAsking(device);
    device.held = held;
    const ready = await device.client.frame("ready");
    for (const { reply, epoch } of ready.replies) {
      const after = held.get(reply) ?? 0;
      if (this.#random() < 0.85) device.client.send({ type: "resume", reply, after, epoch });
    }
    this.#learn();
    // One that was refused may have been taken when it was sent again, and the ack lost.
    for (const frame of this.#asked.unpromised()) device.client.send(frame);
  }

  /** Waits until a socket has an answer to everything that it asked. */
  async #untilAnswered(client: TestClient): Promise<void> {
    const asked = client.sent.flatMap(({ frame }) =>
      frame.type === "message" || frame.type === "edit" || frame.type === "regenerate" ? [frame.id] : [],
    );
    const sent = (id: string): number => asked.filter((other) => other === id).length;
    const answers = (id: string): number =>
      client.frames.filter(
        (frame) => (frame.type === "ack" && frame.id === id) || (frame.type === "error" && frame.ref === id),
      ).length;
    const answered = (id: string): boolean => answers(id) >= sent(id);
    await client.until(() => asked.every(answered), "an answer to all that was asked");
  }

  /** The device forgets all it held, and takes what `ready` shows. */
  async #reload(device: Device): Promise<void> {
    await this.#leave(device);
    device.client = await this.#connect();
    device.held = new Map();
    const ready = await device.client.frame("ready");
    for (const { reply, seq, epoch } of ready.replies) {
      const shown = ready.messages.some(({ id }) => id === reply);
      device.client.send({ type: "resume", reply, after: shown ? seq : 0, epoch });
    }
  }

  async #leave(device: Device): Promise<void> {
    const socket = this.#sockets.find(({ client }) => client === device.client);
    if (socket !== undefined) socket.open = false;
    await device.client.drop();
  }

  /** The other device may ask just while this one is let in. */
  async #connectWhileAsking(device: Device): Promise<TestClient> {
    const connecting = this.#connect();
    const other = this.#devices.find((candidate) => candidate !== device);
    const soon = Math.floor(this.#random() * 4);
    if (other === undefined || other.client.sent.length >= FRAMES_A_SOCKET || soon === 0)
      return await connecting;
    for (let turn = 1; turn < soon; turn++) await other.client.roundTrip();
    this.#ask(other);
    return await connecting;
  }

  async #connect(): Promise<TestClient> {
    const client = await connect(this.#chatUrl, { token: this.#token });
    this.#sockets.push({ client, open: true });
    return client;
  }

  /** Waits for the next frame of the observer, while something is on its way. */
  async #nextFrame(): Promise<void> {
    const observer = this.#watching();
    const count = observer.frames.length + Math.floor(this.#random() * 12);
    const idle = (): boolean => {
      const dones = new Set(observer.all("done").map(({ reply }) => reply));
      return [...this.#asked.byReply.keys()].every((reply) => dones.has(reply));
    };
    await observer.until(() => observer.frames.length > count || idle(), "something to happen");
  }

  #heldOf({ client, held }: Device): Map<string, number> {
    const now = new Map(held);
    for (const frame of client.frames) {
      if (frame.type === "token" || frame.type === "snapshot") now.set(frame.reply, frame.seq);
    }
    return now;
  }

  #sendAsk(device: Device, frame: AskFrame): void {
    this.#asked.frames.push(frame);
    device.client.send(frame);
  }

  #learn(): void {
    for (const { client } of this.#sockets) this.#asked.learn(client);
  }

  #question(): string | null {
    const promised = [...this.#asked.promised.values()];
    return promised.length === 0 ? null : this.#pick(promised).message;
  }

  #newText(): string {
    return this.#asked.newText({
      tokens: 1 + Math.floor(this.#random() * 80),
      rate: this.#pick([200, 500, 2_000, 10_000]),
      delay: this.#pick([0, 0, 0, 15]),
    });
  }

  #watching(): TestClient {
    if (this.#observer === null) throw new Error("the session has not begun");
    return this.#observer;
  }

  #name(): string {
    return `n${++this.#names}`;
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random() * values.length)];
    if (value === undefined && values.length === 0) throw new Error("nothing to pick from");
    return value as Value;
  }
}
