import type { Feature, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import { createConnection } from "./connection.ts";
import { createEmitter } from "./emitter.ts";
import { createEnvironment } from "./environment.ts";
import { ClientFailure } from "./failure.ts";
import { asFrame, type WithoutId } from "./frame.ts";
import { createIds } from "./ids.ts";
import { createKeeping } from "./keeping.ts";
import { type Link, type LinkEvents, openLink } from "./link.ts";
import { type Asking, createOutbox } from "./outbox.ts";
import { createPositions } from "./positions.ts";
import { createRequests, type RequestFrame } from "./requests.ts";
import { createScope } from "./scope.ts";
import { createSession } from "./session.ts";
import { createSharing } from "./sharing/index.ts";
import { outboxStorageKey } from "./storage-keys.ts";
import type { ChatClient, ChatClientOptions, ClientEvents } from "./types.ts";
import { createTypingNotice } from "./typing-notice.ts";

/** Makes a client. Nothing is opened, asked or written before `connect`, `send` or `identify`. */
export function createClient(options: ChatClientOptions): ChatClient {
  const gateway = options.gateway.replace(/\/+$/, "");
  const environment = createEnvironment(options.environment);
  const scope = createScope(environment);
  const events = createEmitter<ClientEvents>();
  const keeping = createKeeping(environment.storage, options.mayStore ?? (() => true));
  const nextId = createIds(environment);
  let user: string | null = null;
  let features: readonly string[] = [];
  const done = (): void => undefined;
  const supports = (feature: Feature): boolean => features.includes(feature);

  const session = createSession({
    options,
    gateway,
    environment,
    scope,
    keeping,
    authenticate: (token) =>
      requests.send({ type: "auth", token }, "ok").then(
        ({ expiresAt = null }) => expiresAt,
        () => null,
      ),
    onSession(event) {
      outbox.belongTo(event.user);
      events.emit("session", event);
    },
    onOther: () => void connection.restart().catch(done),
  });

  const url = `${gateway.replace(/^http/, "ws")}/v1/chat`;
  const openOwn = (token: string, events: LinkEvents): Link =>
    openLink({ environment, scope, url, token }, events);
  const sharing = createSharing({
    environment,
    scope,
    nextId,
    groupName() {
      const { siteKey, shareConnection = false } = options;
      const known = session.user();
      return shareConnection && siteKey !== undefined && known !== null
        ? `${gateway}|${siteKey}|${known}`
        : null;
    },
    openOwn,
  });
  const connection = createConnection(
    { environment, scope, gateway, session, openLink: sharing.open },
    {
      onChange: (state) => events.emit("connection", state),
      onReady(ready) {
        if (ready.user.id !== user) positions.clear();
        user = ready.user.id;
        features = ready.features;
        session.begin(ready);
        outbox.belongTo(ready.user);
        positions.accept(ready);
        requests.resend();
        events.emit("frame", ready);
        outbox.resume();
      },
      onFrame: receive,
      onLost() {
        session.pause();
        requests.rejectAll();
        outbox.pause();
      },
      onTooLarge: () => outbox.failSent({ code: "MESSAGE_TOO_LARGE", message: "the message is too long" }),
    },
  );
  const requests = createRequests(scope, nextId, connection.send);
  const positions = createPositions(scope, nextId, connection.send);
  const typing = createTypingNotice(environment, connection.send);
  const outbox = createOutbox({
    scope,
    keeping,
    keyOf: ({ id }) => outboxStorageKey(gateway, options.siteKey ?? "", id),
    transmit: connection.send,
    onChange: (entries) => events.emit("outbox", entries),
    onStalled: connection.abandon,
    onFailed: (ref, error) => events.emit("frame", { type: "error", ref, ...error }),
  });

  function receive(received: ServerFrame): void {
    const frame = positions.accept(received);
    if (frame === null) return;
    if (frame.type === "error" && frame.ref !== undefined) {
      const reply = positions.refused(frame.ref, frame.code === "NOT_FOUND");
      events.emit("frame", reply === undefined ? frame : { ...frame, reply });
      outbox.refuse(frame.ref, frame);
    } else {
      events.emit("frame", frame);
      if (frame.type === "ack") outbox.acknowledge(frame.id);
    }
    requests.settle(frame);
  }

  /** Puts a question in the outbox; returns its id. */
  function ask(content: WithoutId<Asking>): string {
    const id = nextId();
    session.remember();
    outbox.add(asFrame<Asking>({ ...content, id }), environment.now());
    return id;
  }

  /** Asks what every gateway answers, or, where it is a feature, only one that offers it. */
  function request<Type extends ServerFrame["type"]>(
    content: WithoutId<RequestFrame>,
    answer: Type,
    feature?: Feature,
  ): Promise<ServerFrameOf<Type>> {
    if (feature === undefined || user === null || supports(feature)) return requests.send(content, answer);
    const message = "the gateway does not offer this";
    return Promise.reject(new ClientFailure({ code: "UNSUPPORTED_TYPE", message }));
  }

  scope.own(environment.onWake(connection.wake));
  scope.own(environment.onLeave(connection.suspend));
  const visitor = session.remembered();
  if (visitor !== null) outbox.belongTo(visitor);

  return {
    get connection() {
      return connection.state();
    },
    get outbox() {
      return outbox.entries();
    },
    on: events.on,
    connect: connection.connect,
    close: connection.close,
    destroy() {
      connection.close();
      scope.end();
      events.clear();
    },
    send: (content, { conversation, page } = {}) =>
      ask({ type: "message", content: content.toWellFormed?.() ?? content, conversation, page }),
    retry: outbox.retry,
    discard: outbox.discard,
    cancel(target) {
      connection.send({ type: "cancel", ...target });
    },
    regenerate: (message) => ask({ type: "regenerate", message }),
    edit: (message, content) => ask({ type: "edit", message, content }),
    open: (conversation) => request({ type: "open", conversation }, "conversation"),
    history: (conversation, before) => request({ type: "history", conversation, before }, "history"),
    conversations: (before) => request({ type: "conversations", before }, "conversations", "conversations"),
    clear: (conversation) => request({ type: "clear", conversation }, "ok", "clear").then(done),
    feedback: (message, rating, comment) =>
      request({ type: "feedback", message, rating, comment }, "ok", "feedback").then(done),
    handoff: (conversation, reason) =>
      request({ type: "handoff", conversation, reason }, "ok", "handoff").then(done),
    typing(active, conversation) {
      if (supports("typing")) typing(active, conversation);
    },
    identify(userToken) {
      session.identify(userToken);
      if (connection.state().status === "idle") return Promise.resolve();
      return connection.restart();
    },
    logout() {
      session.forget();
      connection.close();
      positions.clear();
      outbox.forget();
      events.emit("logout", undefined);
    },
  };
}
