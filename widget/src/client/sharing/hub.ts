import type { ClientFrame, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import { asFrame } from "../frame.ts";
import type { Link } from "../link.ts";
import { createPositions } from "../positions.ts";
import { createScope } from "../scope.ts";
import type { ClientEnvironment } from "../types.ts";
import type { Delivery, LinkEnd } from "./messages.ts";
import { createPace } from "./pace.ts";
import { createReplyTexts } from "./reply-texts.ts";

/** What serves all tabs of a group over the one socket of the tab that leads. */
export interface Hub {
  /** The id of the link that the socket was opened for. */
  readonly id: string;
  /** Whose frame was sent last. */
  readonly lastSender: string | undefined;
  /** A frame came on the socket, `ready` included. */
  receive(frame: ServerFrame): void;
  /** A link sends. */
  send(link: string, frame: ClientFrame): void;
  /** A link of another tab joins: it is sent a `ready` as if the socket had been opened for it now. */
  welcome(link: string): void;
  /** The socket is gone, or its link. */
  end(): void;
}

/** A frame whose answer is outstanding. */
interface Asked {
  readonly frame: ClientFrame;
  readonly links: Set<string>;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** How many answers are due: one for each time it was sent. */
  due: number;
  /** What is done with the answer, in place of handing it to the links. */
  readonly then?: (answer: ServerFrame) => void;
}

/** Milliseconds without any frame since a question that is asked again: its socket is dead, though nobody said so. */
const SILENCE_MS = 10_000;

/** Makes the hub of a socket that has just told `ready`. */
export function createHub({
  id,
  environment,
  socket,
  nextId,
  ready,
  deliver,
  refuse,
}: {
  id: string;
  environment: ClientEnvironment;
  socket: Pick<Link, "send" | "abandon">;
  nextId: () => string;
  ready: ServerFrameOf<"ready">;
  deliver: (delivery: Delivery) => void;
  /** A link cannot be served. */
  refuse: (link: string, end: LinkEnd) => void;
}): Hub {
  const scope = createScope(environment);
  const aheadBy = Date.parse(ready.now) - environment.now();
  const asked = new Map<string, Asked>();
  const welcoming = new Set<string>();
  let lastSender: string | undefined;
  let heardAt = environment.now();
  let { expiresAt } = ready;
  /** The user's latest conversation; undefined where that has to be asked. */
  let latest: string | null | undefined = ready.conversation;

  const transmit = createPace(scope, socket.send);
  const positions = createPositions(scope, nextId, transmit);
  const texts = createReplyTexts(positions.ask, deliver);
  const now = (): string => new Date(environment.now() + aheadBy).toISOString();

  function ask(frame: ClientFrame & { id: string }, by: Pick<Asked, "links" | "then">): void {
    const known = asked.get(frame.id);
    if (known === undefined) asked.set(frame.id, { frame, sentAt: environment.now(), due: 1, ...by });
    else if (heardAt < known.sentAt && environment.now() - known.sentAt > SILENCE_MS) {
      socket.abandon();
      return;
    } else {
      // Two tabs hold the same question, or one came back: the gateway takes it for one, and its answers are for both.
      for (const link of by.links) known.links.add(link);
      known.due++;
    }
    transmit(frame);
  }

  /** What an answer is to; forgotten with the last one that is due. */
  function questionOf(id: string): Asked | undefined {
    const question = asked.get(id);
    if (question !== undefined && --question.due === 0) asked.delete(id);
    return question;
  }

  /** Asks on the hub's own behalf. */
  function request(
    content: { type: "open"; conversation: string } | { type: "conversations"; limit: number },
    then: (answer: ServerFrame) => void,
  ): void {
    ask({ ...content, id: nextId() }, { links: new Set(), then });
  }

  function answer(frame: ServerFrame, ref: string): void {
    const question = questionOf(ref);
    if (question === undefined) return;
    if (frame.type === "conversation" && question.frame.type === "open") {
      if (question.frame.conversation === "new") latest = frame.conversation;
    }
    if (frame.type === "ok" && question.frame.type === "auth") expiresAt = frame.expiresAt ?? expiresAt;
    if (question.then !== undefined) question.then(frame);
    else deliver({ frame, only: [...question.links] });
  }

  /** What the gateway tells the asking socket with a `ref` and all others without. */
  function toAll(frame: ServerFrameOf<"truncate" | "cleared">): void {
    const { ref, ...told } = frame;
    const links = ref === undefined ? [] : [...(asked.get(ref)?.links ?? [])];
    deliver({ frame, only: links });
    deliver({ frame: told, except: links });
  }

  function acknowledge(frame: ServerFrameOf<"ack">): void {
    const question = questionOf(frame.id);
    const links = [...(question?.links ?? [])];
    const isFirst = frame.duplicate !== true;
    if (isFirst) {
      latest = frame.conversation;
      // The reply of a doubled question has been told of, or has ended long since.
      texts.begin(frame.reply, frame);
    }
    deliver({ frame, only: links });
    const sent = question?.frame;
    if (!isFirst || (sent?.type !== "message" && sent?.type !== "edit")) return;
    const { message, conversation } = frame;
    const { content } = sent;
    // The gateway does not tell the socket that asked; the other tabs behind it are told here.
    deliver({
      frame: {
        type: "message",
        conversation,
        message: { id: message, clientId: frame.id, role: "user", content, at: now() },
      },
      except: links,
    });
  }

  function welcome(link: string): void {
    if (latest === null) begin(link, { conversation: null, messages: [], more: false, replies: [] });
    else if (latest !== undefined) read(link, latest);
    else if (!ready.features.includes("conversations")) {
      latest = null;
      welcome(link);
    } else
      request({ type: "conversations", limit: 1 }, (frame) => {
        if (frame.type !== "conversations") return turnAway(link);
        latest ??= frame.conversations[0]?.id ?? null;
        welcome(link);
      });
  }

  function read(link: string, conversation: string): void {
    request({ type: "open", conversation }, (frame) => {
      if (frame.type === "conversation") begin(link, frame);
      else if (frame.type === "error" && frame.code === "NOT_FOUND") {
        if (latest === conversation) latest = undefined;
        welcome(link);
      } else turnAway(link);
    });
  }

  function turnAway(link: string): void {
    welcoming.delete(link);
    refuse(link, { code: 1011, reason: "", opened: true });
  }

  function begin(
    link: string,
    page: Pick<ServerFrameOf<"ready">, "conversation" | "messages" | "more" | "replies">,
  ): void {
    welcoming.delete(link);
    const { conversation, messages, more } = page;
    const held = texts.open();
    const others = page.replies.filter(({ reply }) => !held.some((text) => text.reply === reply));
    const replies = [...held, ...others];
    deliver({
      frame: { ...ready, conversation, messages, more, replies, now: now(), expiresAt },
      only: [link],
    });
  }

  function refuseResume(frame: ServerFrameOf<"error">, ref: string): void {
    const isFinal = frame.code === "NOT_FOUND";
    const reply = positions.refused(ref, isFinal);
    if (reply === undefined) answer(frame, ref);
    else texts.refuse(reply, frame, isFinal);
  }

  function receive(frame: ServerFrame): void {
    heardAt = environment.now();
    switch (frame.type) {
      case "ready":
        // Listed first: what the positions ask for may be answered at once.
        texts.list(frame.replies);
        positions.accept(frame);
        return;
      case "goaway":
      case "pong":
        deliver({ frame, only: [id] });
        return;
      case "ack":
        acknowledge(frame);
        return;
      case "token":
      case "snapshot":
      case "response":
      case "done": {
        if (frame.type === "done") latest = frame.conversation;
        const kept = positions.accept(frame);
        if (kept !== null) texts.tell(kept as typeof frame);
        return;
      }
      case "typing":
        if (frame.active && frame.reply !== undefined)
          texts.begin(frame.reply, { conversation: frame.conversation, message: frame.to });
        deliver({ frame });
        return;
      case "message":
        latest = frame.conversation;
        deliver({ frame });
        return;
      case "cleared":
        if (frame.conversation === latest) latest = undefined;
        toAll(frame);
        return;
      case "truncate":
        toAll(frame);
        return;
      case "error":
        if (frame.ref === undefined) deliver({ frame });
        else refuseResume(frame, frame.ref);
        return;
      default:
        if ("ref" in frame && frame.ref !== undefined) answer(frame, frame.ref);
        else deliver({ frame });
    }
  }

  function send(link: string, frame: ClientFrame): void {
    switch (frame.type) {
      case "resume":
        texts.resume(link, frame);
        return;
      case "ping":
        // Whether the gateway is there is for this tab to find out; the others ask whether this tab is.
        if (link === id) transmit(frame);
        else deliver({ frame: asFrame<ServerFrame>({ type: "pong", t: frame.t }), only: [link] });
        return;
      case "typing":
        transmit(frame);
        if (frame.conversation !== undefined)
          deliver({
            frame: { type: "typing", conversation: frame.conversation, active: frame.active, by: "user" },
            except: [link],
          });
        return;
      default:
        lastSender = link;
        if (frame.id === undefined) askUnnamed(link, frame);
        else ask({ ...frame, id: frame.id }, { links: new Set([link]) });
    }
  }

  /** A frame without an id gets one, so that trouble with it is told to the tab that sent it and to no other. */
  function askUnnamed(link: string, frame: ClientFrame): void {
    const then = (told: ServerFrame): void => {
      if (told.type !== "error") return;
      const { ref: _, ...error } = told;
      deliver({ frame: error, only: [link] });
    };
    ask({ ...frame, id: nextId() }, { links: new Set([link]), then });
  }

  receive(ready);
  return {
    id,
    get lastSender() {
      return lastSender;
    },
    receive,
    send,
    welcome(link) {
      if (welcoming.has(link)) return;
      welcoming.add(link);
      welcome(link);
    },
    end: scope.end,
  };
}
