import {
  CLOSE_CODES,
  type ClientFrame,
  decodeClientFrame,
  HEARTBEAT,
  PROTOCOL_LIMITS,
  TOKEN_GRACE_SECONDS,
} from "@parlance/protocol";
import type { Connection } from "../delivery/connections.ts";
import { SocketOutbox } from "../delivery/socket-outbox.ts";
import type { Socket, SocketHandlers } from "../ports/socket-server.ts";
import type { Principal } from "../tenants/principal.ts";
import type { ChatServices } from "./chat-services.ts";
import { refuse } from "./direct-answers.ts";
import { FrameBudget } from "./frame-budget.ts";
import { handleFrame } from "./frame-handlers.ts";
import { readReadyData, readyFrame } from "./ready.ts";
import type { WheelEntry } from "./second-wheel.ts";

/** Seconds after which what could not be done is worth another try. */
const TRY_AGAIN_SECONDS = 2;

/** One socket's life: `ready`, frames in the order sent, heartbeat, the token's end, and the farewell. */
export class SocketSession implements SocketHandlers {
  readonly outbox: SocketOutbox;
  readonly id: string;
  principal: Principal;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #services: ChatServices;
  readonly #budget = new FrameBudget();
  #work: Promise<void> | null;
  #seenAt: number;
  #heartbeat: WheelEntry;
  #expiry: WheelEntry;
  #closed = false;

  constructor(socket: Socket, principal: Principal, connection: Connection, services: ChatServices) {
    this.#socket = socket;
    this.#connection = connection;
    this.#services = services;
    this.principal = principal;
    this.id = services.ids.next();
    this.outbox = new SocketOutbox(socket);
    this.#seenAt = services.clock.monotonic();
    this.#heartbeat = services.wheel.in(HEARTBEAT.ping, () => this.#ping());
    this.#expiry = this.#watchExpiry();
    this.#work = this.#enqueue(null, () => this.#greet());
    services.sessions.opened(this);
  }

  text(text: string, bytes: number): void {
    const now = this.#alive();
    if (bytes > PROTOCOL_LIMITS.clientFrameBytes) {
      this.close(CLOSE_CODES.tooLarge, `frames are at most ${PROTOCOL_LIMITS.clientFrameBytes} bytes`);
      return;
    }
    if (!this.#budget.frame(now)) {
      this.close(CLOSE_CODES.tooFast, `at most ${PROTOCOL_LIMITS.framesPerSecond} frames a second`);
      return;
    }
    const decoded = decodeClientFrame(text);
    if (decoded.ok) {
      this.#take(decoded.frame);
      return;
    }
    const { ok: _, ...refusal } = decoded;
    this.#later(() => this.outbox.send({ type: "error", ...refusal }));
    if (refusal.code === "INVALID_FRAME") this.#countBad(now);
  }

  binary(): void {
    const now = this.#alive();
    this.#later(() =>
      this.outbox.send({ type: "error", code: "INVALID_FRAME", message: "frames are JSON text" }),
    );
    this.#countBad(now);
  }

  pong(): void {
    this.#alive();
  }

  drained(): void {
    this.outbox.drained();
  }

  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#services.sessions.closed(this);
    this.#heartbeat.cancel();
    this.#expiry.cancel();
    void this.#leave();
  }

  /** Starts the closing handshake; nothing is taken or sent from now on. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** A fresh token was accepted: the socket lives as long as that. */
  renewed(principal: Principal): void {
    const { turns } = this.principal;
    this.principal = turns === undefined ? principal : { ...principal, turns };
    this.#expiry.cancel();
    this.#expiry = this.#watchExpiry();
    this.#services.sessions.opened(this);
  }

  #alive(): number {
    this.#seenAt = this.#services.clock.monotonic();
    return this.#seenAt;
  }

  #countBad(now: number): void {
    if (this.#budget.bad(now)) return;
    this.#later(() =>
      this.close(CLOSE_CODES.tooManyBadFrames, "too many frames that are not of parlance.v1"),
    );
  }

  #take(frame: ClientFrame): void {
    if (this.#work === null) {
      const work = this.#run(frame);
      if (work !== undefined) this.#work = this.#enqueue(null, () => work);
      return;
    }
    const greeted = this.#connection.outbox !== null;
    if (greeted && (frame.type === "ping" || (frame.type === "cancel" && frame.reply !== undefined))) {
      const work = this.#run(frame);
      if (work !== undefined) void this.#settle(work);
      return;
    }
    this.#work = this.#enqueue(this.#work, () => this.#run(frame));
  }

  #run(frame: ClientFrame): Promise<void> | undefined {
    if (this.#closed) return undefined;
    return handleFrame(frame, this, this.#services)?.catch((error: unknown) => this.#failed(frame, error));
  }

  /** A store may be away for a while: the frame is refused, and the socket stays. */
  #failed(frame: ClientFrame, error: unknown): void {
    const { tenant } = this.principal;
    this.#services.log.error({ err: error, tenant, session: this.id }, "a frame could not be handled");
    refuse(this, frame, "INTERNAL", `\`${frame.type}\`: it cannot be done now`, TRY_AGAIN_SECONDS);
  }

  /** In its turn among the frames before it. */
  #later(action: () => void): void {
    if (this.#work === null) action();
    else this.#work = this.#enqueue(this.#work, action);
  }

  #enqueue(before: Promise<void> | null, action: () => Promise<void> | undefined | void): Promise<void> {
    const work: Promise<void> = this.#settle(
      before === null ? Promise.resolve(action()) : before.then(() => action()),
    ).then(() => {
      if (this.#work === work) this.#work = null;
    });
    return work;
  }

  async #settle(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const { tenant } = this.principal;
      this.#services.log.error({ err: error, tenant, session: this.id }, "a socket could not be served");
      this.close(CLOSE_CODES.internal, "internal error");
    }
  }

  async #greet(): Promise<void> {
    const { cluster, connections, clock } = this.#services;
    const { principal } = this;
    await cluster.sync(principal);
    for (;;) {
      const before = connections.revision(principal);
      const readAt = clock.now();
      const data = await readReadyData(principal, this.#services);
      if (this.#closed) return;
      if (connections.revision(principal) !== before) continue;
      this.outbox.send(readyFrame(this.id, principal, data, this.#services));
      connections.live(this.#connection, this.outbox, readAt);
      const farewell = this.#services.farewell(data.tenant);
      if (farewell !== null) this.outbox.send(farewell);
      return;
    }
  }

  #ping(): void {
    const pingedAt = this.#services.clock.monotonic();
    this.#socket.ping();
    this.#heartbeat = this.#services.wheel.in(HEARTBEAT.timeout, () => {
      if (this.#seenAt >= pingedAt) {
        this.#heartbeat = this.#services.wheel.in(HEARTBEAT.ping - HEARTBEAT.timeout, () => this.#ping());
        return;
      }
      this.close(CLOSE_CODES.noHeartbeat, "no answer to a ping");
      this.#heartbeat = this.#services.wheel.in(1, () => this.#socket.terminate());
    });
  }

  #watchExpiry(): WheelEntry {
    const left = (this.principal.expiresAt - this.#services.clock.now()) / 1000 + TOKEN_GRACE_SECONDS;
    return this.#services.wheel.in(left, () => this.close(CLOSE_CODES.tokenExpired, "the token has expired"));
  }

  async #leave(): Promise<void> {
    const { directory, connections, replies, log } = this.#services;
    let abandonSeconds: number | null = null;
    try {
      if (replies.open(this.principal).length > 0) {
        abandonSeconds = (await directory.tenant(this.principal.tenant))?.abandonSeconds ?? 0;
      }
    } catch (error) {
      abandonSeconds = 30;
      log.error({ err: error, session: this.id }, "a tenant could not be read; its replies run on for 30 s");
    }
    connections.unregister(this.#connection, abandonSeconds);
  }
}
