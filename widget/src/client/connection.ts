import type { ClientFrame, ErrorCode, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import { afterClose, CLOSE_CODES } from "@parlance/protocol/constants";
import { backoff } from "./backoff.ts";
import { ClientFailure } from "./failure.ts";
import { createHeartbeat, type Heartbeat } from "./heartbeat.ts";
import type { Link, LinkEvents } from "./link.ts";
import { probe } from "./probe.ts";
import type { Scope } from "./scope.ts";
import type { Session } from "./session.ts";
import type { ClientEnvironment, ClientError, Connection as ConnectionState } from "./types.ts";

/** The way to the gateway: opened, watched, lost and opened again. */
export interface Connection {
  state(): ConnectionState;
  /** Starts, or tries at once; resolves when live, rejects with a `ClientFailure` where that will not be. */
  connect(): Promise<void>;
  /** Ends the socket and stays away. */
  close(): void;
  /** Sends on the live socket; false where there is none. */
  send(frame: ClientFrame): boolean;
  /** Takes the live socket for dead. */
  abandon(): void;
  /** Opens anew, as another user. */
  restart(): Promise<void>;
  /** The network came or went, or somebody looks: tries at once, or asks whether the socket still lives. */
  wake(): void;
  /** The page is left or frozen: browsers keep it to come back to only without socket and lock, which others need. */
  suspend(): void;
}

/** What a connection tells. */
export interface ConnectionEvents {
  onChange(state: ConnectionState): void;
  onReady(ready: ServerFrameOf<"ready">): void;
  /** Frames of the live socket, without `ready`. */
  onFrame(frame: ServerFrame): void;
  /** The live socket was lost or closed; not called where another took over from it. */
  onLost(): void;
  /** The gateway closed the socket over the frame that was sent last. */
  onTooLarge(): void;
}

/** A state, what belongs to it, and how all of that ends when it is left. */
interface Phase {
  readonly state: ConnectionState;
  readonly link?: Link;
  readonly heartbeat?: Heartbeat;
  /** The gateway asked for this pause: until then (milliseconds since 1970) waking up changes nothing. */
  readonly notBefore?: number;
  leave?: () => void;
}

/** How long, in milliseconds, a connection must hold before the backoff starts from its beginning. */
const STABLE_MS = 10_000;

const STOP_CODES: Readonly<Record<number, ErrorCode>> = { [CLOSE_CODES.tooManyBadFrames]: "INVALID_FRAME" };

/** Makes the connection of one client: a machine with one state value; every resource belongs to a state. */
export function createConnection(
  surroundings: {
    environment: ClientEnvironment;
    scope: Scope;
    gateway: string;
    session: Session;
    /** Opens a way to the gateway: a socket, or a part in one that another tab has. */
    openLink: (token: string, events: LinkEvents) => Link;
  },
  events: ConnectionEvents,
): Connection {
  const { environment, scope, gateway, session, openLink } = surroundings;
  let phase: Phase = { state: { status: "idle" } };
  /** Pauses since the last stable connection. */
  let pauses = 0;
  let awaiting: { resolve(): void; reject(error: ClientFailure): void }[] = [];

  function enter(next: Phase): void {
    const former = phase;
    phase = next;
    former.leave?.();
    if (former.link !== undefined && next.link === undefined) events.onLost();
    // A listener of `onLost` may have moved on already.
    if (phase === next) {
      events.onChange(next.state);
      settle(next.state);
    }
  }

  function settle(state: ConnectionState): void {
    if (state.status === "connecting" || state.status === "waiting") return;
    const settled = awaiting;
    awaiting = [];
    for (const { resolve, reject } of settled) {
      if (state.status === "live") resolve();
      else if (state.status === "stopped") reject(new ClientFailure(state));
      else reject(new ClientFailure({ code: "INTERNAL", message: "the connection was closed" }));
    }
  }

  async function attempt(): Promise<void> {
    const mine: Phase = { state: { status: "connecting", attempt: pauses + 1 } };
    enter(mine);
    const grant = await session.token();
    if (phase !== mine) return;
    if (!grant.ok) {
      if (grant.stop) stop(grant.error);
      else pause(grant.error.retryAfter);
      return;
    }
    const link = open(grant.token, {
      onReady: (ready) => goLive(link, ready),
      onEnd(end) {
        if (phase !== mine) return;
        mine.leave = () => undefined;
        if (end.opened) lost(end);
        else void judge(mine, grant.token);
      },
    });
    mine.leave = () => link.close();
  }

  /** Opens a socket whose frames count only once it is the live one. */
  function open(
    token: string,
    on: {
      onReady: (ready: ServerFrameOf<"ready">) => void;
      onEnd: (end: { code: number; reason: string; opened: boolean }) => void;
    },
  ): Link {
    const link = openLink(token, {
      onFrame(frame) {
        if (phase.link !== link) {
          if (frame.type === "ready") on.onReady(frame);
          return;
        }
        phase.heartbeat?.heard();
        if (frame.type === "goaway") planHandover(frame.reconnectIn);
        events.onFrame(frame);
      },
      onClose: (end) => (phase.link === link ? lost(end) : on.onEnd(end)),
    });
    return link;
  }

  function goLive(link: Link, ready: ServerFrameOf<"ready">): void {
    const heartbeat = createHeartbeat(surroundings, {
      ping: () => link.send({ type: "ping", t: environment.now() }),
      dead: () => link.abandon(),
    });
    const cancelStable = scope.after(STABLE_MS, () => {
      pauses = 0;
    });
    // The link stays open: it moves from one state to the next.
    if (phase.link === undefined) phase.leave = () => undefined;
    const live: Phase = {
      state: { status: "live" },
      link,
      heartbeat,
      leave() {
        heartbeat.stop();
        cancelStable();
        link.close();
      },
    };
    enter(live);
    if (phase === live) events.onReady(ready);
  }

  /** Opens the next socket before this one goes, at a moment of its own so that not all clients come at once. */
  function planHandover(seconds: number): void {
    const mine = phase;
    const leave = mine.leave;
    let end: () => void;
    let tries = 0;
    const inMilliseconds = (wait: number): void => {
      end = scope.after(wait, () => void handOver());
    };
    // Some balancers take a while to see that an instance goes, and lead back to it.
    const tryAgain = (): void => inMilliseconds(backoff(++tries, environment.random));
    inMilliseconds(environment.random() * seconds * 1_000);
    mine.leave = () => {
      end();
      leave?.();
    };
    async function handOver(): Promise<void> {
      const grant = await session.token();
      if (phase !== mine) return;
      if (!grant.ok) {
        tryAgain();
        return;
      }
      const next = open(grant.token, {
        onReady(ready) {
          end = () => undefined;
          goLive(next, ready);
        },
        // The socket that goes is still good until it is closed; then all starts over as after any loss.
        onEnd: tryAgain,
      });
      end = () => next.close();
    }
  }

  function lost({ code, reason }: { code: number; reason: string }): void {
    const then = afterClose(code);
    if (then === "stop") {
      const message = reason === "" ? "the gateway closed the connection" : reason;
      stop({ code: STOP_CODES[code] ?? "FORBIDDEN", message });
      return;
    }
    if (then === "renew") session.expire();
    if (code === CLOSE_CODES.tooLarge) events.onTooLarge();
    pause(code === CLOSE_CODES.tooFast ? 1 : 0);
  }

  async function judge(mine: Phase, token: string): Promise<void> {
    const verdict = await probe(surroundings, gateway, token);
    if (phase !== mine) return;
    // A token that was good before may be refused because its key has gone: a fresh one decides.
    const isWorn = verdict.next === "stop" && verdict.error.code === "UNAUTHORIZED" && session.proven();
    if (verdict.next === "renew" || isWorn) session.expire();
    else if (verdict.next === "stop") {
      stop(verdict.error);
      return;
    }
    pause(verdict.next === "retry" ? verdict.after : 0);
  }

  function pause(atLeastSeconds = 0): void {
    const floor = atLeastSeconds * 1_000;
    const wait = Math.max(backoff(++pauses, environment.random), floor);
    const now = environment.now();
    const cancel = scope.after(wait, () => void attempt());
    enter({
      state: { status: "waiting", attempt: pauses, retryAt: now + wait },
      notBefore: now + floor,
      leave: cancel,
    });
  }

  function stop({ code, message }: ClientError): void {
    enter({ state: { status: "stopped", code, message } });
  }

  function hurry(): void {
    const { state, notBefore = 0 } = phase;
    if (state.status === "waiting" && environment.now() >= notBefore) void attempt();
  }

  /** Settles with the state that the tries come to. */
  const outcome = (start: () => void): Promise<void> =>
    new Promise((resolve, reject) => {
      awaiting.push({ resolve, reject });
      start();
    });

  function restart(): void {
    pauses = 0;
    void attempt();
  }

  function connect(): Promise<void> {
    const { status } = phase.state;
    if (status === "live") return Promise.resolve();
    return outcome(status === "idle" || status === "stopped" ? restart : hurry);
  }

  return {
    state: () => phase.state,
    connect,
    close: () => enter({ state: { status: "idle" } }),
    send: (frame) => phase.link?.send(frame) ?? false,
    abandon: () => phase.link?.abandon(),
    restart: () => outcome(restart),
    wake() {
      hurry();
      phase.heartbeat?.check();
    },
    suspend() {
      const { status } = phase.state;
      if (status === "live" || status === "connecting") pause();
    },
  };
}
