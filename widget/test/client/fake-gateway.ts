/**
 * A gateway in memory that speaks parlance.v1, for tests of the client and of what stands on it.
 *
 *     const gateway = new FakeGateway();
 *     const client = createClient({ gateway: gateway.url, siteKey: "pk_test", environment: gateway.environment });
 *     await gateway.until(client.connect());
 *     client.send("Hello");
 *     await gateway.clock.advance(0);      // acknowledged, streamed and ended
 *
 * By itself it mints sessions, accepts every socket, sends `ready`, acknowledges, and answers `Echo: …` at once.
 * Time stands still until a test moves `gateway.clock`.
 *
 * To script it:
 *   gateway.isHeld = true                answers wait for `stream(reply, chunks)` and `finish(reply)`
 *   gateway.answer = (text) => [...]     the chunks of an answer
 *   gateway.onSession = (body) => ...    what POST /v1/sessions answers
 *   gateway.onUpgrade = (socket) => ...  "accept", "refuse" or "hang"
 *   gateway.onProbe = (token) => ...     what GET /v1/chat answers
 *   gateway.onFrame = (frame, socket) => true   handled here; false goes on to the default
 *   gateway.isOffline = true             nothing gets through, HTTP neither
 *   gateway.takeOver(reply, ["…"])       another instance goes on, with a higher epoch and a snapshot
 *   gateway.socket.push(frame), .raw(text), .drop(code), .isSilent = true
 */
import type { ClientFrame, Message, OpenReply, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import type { ClientEnvironment } from "../../src/client/types.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { type HttpAnswer, respond } from "./fake-http.ts";
import { FakeReply } from "./fake-reply.ts";
import { FakeSocket } from "./fake-socket.ts";
import { FakeStorage } from "./fake-storage.ts";

/** See the head of this file. */
export class FakeGateway {
  readonly url = "https://gateway.test";
  readonly clock = new FakeClock();
  readonly storage = new FakeStorage();
  readonly sockets: FakeSocket[] = [];
  readonly sessions: Record<string, unknown>[] = [];
  readonly probes: string[] = [];
  readonly replies = new Map<string, FakeReply>();
  readonly messages: Message[] = [];
  /** Ids of questions in the order of their acceptance, doubles left out: the calls of the model. */
  readonly accepted: string[] = [];
  readonly wakeListeners = new Set<() => void>();
  readonly leaveListeners = new Set<() => void>();
  /** Whose the tokens are. */
  readonly users = new Map<string, FakeGateway["user"]>();
  user = { id: "anon_1", anonymous: true };
  conversation: string | null = null;
  features = ["conversations", "clear", "regenerate", "edit", "feedback", "typing", "handoff"];
  /** Seconds that a token lives. */
  life = 900;
  /** Milliseconds by which the gateway's clock is ahead of the client's. */
  clockAhead = 0;
  isHeld = false;
  isOffline = false;
  random = (): number => 0.5;
  /** Milliseconds that a frame takes; 0 is at once. */
  latency = (): number => 0;
  answer = (text: string): string[] => `Echo: ${text}`.split(/(?<= )/);
  onSession = (_body: Record<string, unknown>): HttpAnswer | null => null;
  onUpgrade = (_socket: FakeSocket): "accept" | "refuse" | "hang" => "accept";
  onProbe = (_token: string): HttpAnswer => ({ status: 204 });
  onFrame = (_frame: ClientFrame, _socket: FakeSocket): boolean => false;
  private count = 0;

  readonly environment: ClientEnvironment = {
    WebSocket: this.socketClass(),
    fetch: (url, init) => this.fetch(String(url), init ?? {}),
    storage: this.storage,
    now: this.clock.now,
    random: () => this.random(),
    setTimeout: this.clock.setTimeout,
    clearTimeout: this.clock.clearTimeout,
    onWake: (callback) => {
      this.wakeListeners.add(callback);
      return () => this.wakeListeners.delete(callback);
    },
    onLeave: (callback) => {
      this.leaveListeners.add(callback);
      return () => this.leaveListeners.delete(callback);
    },
    tabs: null,
  };

  /** The socket that was opened last. */
  get socket(): FakeSocket {
    const last = this.sockets.at(-1);
    if (last === undefined) throw new Error("no socket was opened");
    return last;
  }

  get openSockets(): FakeSocket[] {
    return this.sockets.filter(({ isOpen, isReady }) => isOpen && isReady);
  }

  /** Waits for a promise that needs no time to pass. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    await settle();
    return promise;
  }

  wake(): void {
    for (const listener of this.wakeListeners) listener();
  }

  leave(): void {
    for (const listener of this.leaveListeners) listener();
  }

  lastReply(): FakeReply {
    const reply = [...this.replies.values()].at(-1);
    if (reply === undefined) throw new Error("nothing was asked");
    return reply;
  }

  /** The model writes that many chunks more. */
  stream(reply: FakeReply, chunks: number): void {
    for (let count = 0; count < chunks && reply.written < reply.chunks.length; count++) {
      const from = reply.written++;
      this.toAttached(reply, reply.token(from, reply.written));
    }
  }

  /** The model writes the rest, and the reply ends. */
  finish(reply: FakeReply, reason: FakeReply["reason"] = "stop"): void {
    if (reply.reason !== null) return;
    if (reason === "stop") this.stream(reply, reply.chunks.length);
    reply.reason = reason;
    this.toAttached(reply, reply.typing(false));
    this.toAttached(reply, reply.done());
  }

  /** Another instance makes the call anew. */
  takeOver(reply: FakeReply, chunks: string[], written = 0): void {
    reply.epoch++;
    reply.chunks = chunks;
    reply.written = written;
    this.toAttached(reply, reply.snapshot());
  }

  ready(user = this.user): ServerFrameOf<"ready"> {
    return {
      type: "ready",
      session: this.nextId("session"),
      user,
      conversation: this.conversation,
      messages: this.list().slice(-20),
      more: this.list().length > 20,
      replies: this.openReplies(),
      heartbeat: { ping: 30, timeout: 10 },
      now: this.inSeconds(0),
      expiresAt: this.inSeconds(this.life),
      limits: {
        messageCharacters: 16_000,
        frameBytes: 65_536,
        messagesPerMinute: null,
        messagesPerHour: null,
        concurrentStreams: null,
      },
      features: this.features,
    };
  }

  openReplies(): OpenReply[] {
    return [...this.replies.values()]
      .filter(({ reason }) => reason === null)
      .map(({ id: reply, conversation, message, written: seq, epoch }) => {
        return { reply, conversation, message, seq, epoch, state: "streaming" };
      });
  }

  list(): Message[] {
    return this.messages.flatMap((message) => {
      const reply = [...this.replies.values()].find((candidate) => candidate.message === message.id);
      if (reply === undefined) return [message];
      const status = reply.reason === null ? "streaming" : reply.reason;
      const answer = { id: reply.id, role: "assistant", content: reply.text, at: message.at } as const;
      return [message, { ...answer, to: message.id, ...(status === "stop" ? {} : { status }) }];
    });
  }

  nextId(kind: string): string {
    return `${kind}-${++this.count}`;
  }

  private toAttached(reply: FakeReply, frame: ServerFrame): void {
    for (const socket of this.openSockets) if (socket.attached.has(reply.id)) socket.push(frame);
  }

  private socketClass(): ClientEnvironment["WebSocket"] {
    const gateway = this;
    return class {
      constructor(url: string, protocols: string[]) {
        // biome-ignore lint/correctness/noConstructorReturn: `new WebSocket` is to give the fake, of which the gateway keeps hold
        return gateway.opened(url, protocols);
      }
    } as unknown as ClientEnvironment["WebSocket"];
  }

  private opened(url: string, protocols: string[]): FakeSocket {
    let lastAt = 0;
    const socket: FakeSocket = new FakeSocket(url, protocols, {
      deliver: (run) => {
        const now = this.clock.now();
        const at = Math.max(lastAt, now + this.latency());
        // However long a frame takes, it does not overtake the one before.
        if (at === now && lastAt < now) {
          queueMicrotask(run);
          return;
        }
        lastAt = at;
        this.clock.setTimeout(run, at - now);
      },
      onSend: (frame) => {
        if (!this.onFrame(frame, socket)) this.handle(frame, socket);
      },
    });
    this.sockets.push(socket);
    queueMicrotask(() => {
      const outcome = this.isOffline ? "refuse" : this.onUpgrade(socket);
      if (outcome === "refuse") socket.drop(1006);
      if (outcome !== "accept") return;
      socket.accept();
      if (!socket.isOpen) return;
      socket.isReady = true;
      socket.push(this.ready(this.users.get(socket.token ?? "")));
    });
    return socket;
  }

  private handle(frame: ClientFrame, socket: FakeSocket): void {
    if (frame.type === "message") this.ask(frame, socket);
    else if (frame.type === "resume") this.resume(frame, socket);
    else if (frame.type === "cancel")
      for (const reply of this.replies.values()) this.finish(reply, "cancelled");
    else for (const answer of this.answers(frame)) socket.push(answer);
  }

  private answers(frame: ClientFrame): ServerFrame[] {
    const ref = frame.id === undefined ? {} : { ref: frame.id };
    switch (frame.type) {
      case "ping":
        return [{ type: "pong", ...(frame.t === undefined ? {} : { t: frame.t }) }];
      case "auth":
        return [{ type: "ok", ...ref, expiresAt: this.inSeconds(this.life) }];
      case "open": {
        const conversation = frame.conversation === "new" ? this.nextId("conversation") : frame.conversation;
        if (frame.conversation === "new") this.startConversation(conversation);
        const isCurrent = conversation === this.conversation;
        const messages = isCurrent ? this.list() : [];
        const replies = isCurrent ? this.openReplies() : [];
        return [
          { type: "conversation", ...ref, conversation, mode: "model", messages, more: false, replies },
        ];
      }
      case "history":
        return [{ type: "history", ...ref, conversation: frame.conversation, messages: [], more: false }];
      case "conversations":
        return [{ type: "conversations", ...ref, conversations: [], next: null, more: false }];
      case "clear":
        this.conversation = null;
        return [
          { type: "cleared", conversation: frame.conversation },
          { type: "ok", ...ref },
        ];
      case "feedback":
      case "handoff":
        return [{ type: "ok", ...ref }];
      default:
        return [];
    }
  }

  /** An instant by the gateway's own clock. */
  private inSeconds(seconds: number): string {
    return new Date(this.clock.now() + this.clockAhead + seconds * 1_000).toISOString();
  }

  private startConversation(conversation: string): void {
    this.conversation = conversation;
    this.messages.length = 0;
    this.replies.clear();
  }

  private ask(frame: Extract<ClientFrame, { type: "message" }>, socket: FakeSocket): void {
    const known = this.messages.find(({ clientId }) => clientId === frame.id);
    const former = [...this.replies.values()].find(({ message }) => message === known?.id);
    if (former !== undefined) {
      const { conversation, message, id: reply } = former;
      socket.push({ type: "ack", id: frame.id, conversation, message, reply, duplicate: true });
      return;
    }
    this.conversation ??= frame.conversation ?? this.nextId("conversation");
    const conversation = this.conversation;
    const message: Message = {
      id: this.nextId("message"),
      clientId: frame.id,
      role: "user",
      content: frame.content,
      at: new Date(this.clock.now()).toISOString(),
    };
    const id = this.nextId("reply");
    const chunks = this.answer(frame.content);
    const reply = new FakeReply({ id, conversation, message: message.id, chunks });
    this.messages.push(message);
    this.replies.set(id, reply);
    this.accepted.push(frame.id);
    for (const other of this.openSockets) {
      other.attached.add(id);
      if (other !== socket) other.push({ type: "message", conversation, message });
    }
    socket.push({ type: "ack", id: frame.id, conversation, message: message.id, reply: id });
    this.toAttached(reply, reply.typing(true));
    if (!this.isHeld) this.finish(reply);
  }

  private resume(frame: Extract<ClientFrame, { type: "resume" }>, socket: FakeSocket): void {
    const reply = this.replies.get(frame.reply);
    if (reply === undefined) {
      const ref = frame.id === undefined ? {} : { ref: frame.id };
      socket.push({ type: "error", code: "NOT_FOUND", message: "no such reply", ...ref });
      return;
    }
    socket.attached.add(reply.id);
    const isOther = (frame.epoch ?? reply.epoch) !== reply.epoch || frame.after > reply.written;
    if (isOther) socket.push(reply.snapshot());
    else if (frame.after < reply.written) socket.push(reply.token(frame.after, reply.written));
    if (reply.reason !== null) socket.push(reply.done());
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    if (this.isOffline) throw new TypeError("Failed to fetch");
    if (url === `${this.url}/v1/chat`) {
      const token = new Headers(init.headers).get("authorization")?.replace("Bearer ", "") ?? "";
      this.probes.push(token);
      return respond(this.onProbe(token));
    }
    const body = JSON.parse(String(init.body)) as Record<string, unknown>;
    this.sessions.push(body);
    return respond(this.onSession(body) ?? this.mint());
  }

  /** What POST /v1/sessions answers where no script says otherwise. */
  mint(user = this.user): HttpAnswer {
    const token = this.nextId("token");
    this.users.set(token, user);
    return {
      status: 201,
      body: {
        token,
        expiresAt: this.inSeconds(this.life),
        visitorToken: user.anonymous ? this.nextId("visitor") : undefined,
        user,
        settings: { title: "Help" },
      },
    };
  }
}
