import type { ClientFrame, Message, OpenReply, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import type { Scope } from "./scope.ts";

/** How far the text of every reply has come here, so that it goes on without a seam or a doubled piece. */
export interface Positions {
  /** The frame, perhaps shortened by what is already held, or null where it is old, doubled or too far ahead. */
  accept(frame: ServerFrame): ServerFrame | null;
  /**
   * An error names that id: where it is of a `resume`, the reply that was asked for.
   * A final refusal is the end of it here; after any other the next frame that does not fit asks again.
   */
  refused(id: string, isFinal: boolean): string | undefined;
  /** Asks for a reply from where it stands here; false where it has ended. */
  ask(reply: string): boolean;
  /** Forgets all, as for another user. */
  clear(): void;
}

interface Position {
  seq: number;
  epoch: number | undefined;
  /** Characters held; `marks` tells how many there were at each `seq` that a frame ended on. */
  length: number;
  marks: Map<number, number>;
  /** Reading on; waiting for the tail that was asked for; the same, and something did not fit since; at the end. */
  state: "reading" | "catching-up" | "missing" | "ended";
}

/** A frame without an epoch is of the first one. */
const orFirst = (epoch: number | undefined): number => Math.max(epoch ?? 1, 1);

/** Above 0 where a frame is of a later take-over than what is held, below 0 where it is of an earlier one. */
function ahead(epoch: number | undefined, { epoch: held, seq }: Position): number {
  return held === undefined && seq === 0 ? 0 : orFirst(epoch) - orFirst(held);
}

/** Ended replies that are remembered, so that late doubles of their frames are known as such. */
const REMEMBERED = 200;

/** Milliseconds between two requests for the same missing text. */
const PATIENCE_MS = 2_000;

/**
 * Makes the positions of one client.
 *
 * @param resume sends a `resume`; whether it went out does not matter, as the next `ready` asks again
 */
export function createPositions(
  scope: Scope,
  nextId: () => string,
  resume: (frame: Extract<ClientFrame, { type: "resume" }>) => void,
): Positions {
  const positions = new Map<string, Position>();
  const asked = new Map<string, string>();

  function at(reply: string): Position {
    let position = positions.get(reply);
    if (position === undefined) {
      position = { seq: 0, epoch: undefined, length: 0, marks: new Map([[0, 0]]), state: "reading" };
      positions.set(reply, position);
    }
    return position;
  }

  function catchUp(reply: string, position: Position): null {
    if (position.state === "missing" || position.state === "ended") return null;
    if (position.state === "catching-up") {
      // Either the tail is still on its way, or more was lost after it: a moment tells.
      position.state = "missing";
      scope.after(PATIENCE_MS, () => {
        if (position.state === "missing" && positions.get(reply) === position) ask(reply, position);
      });
      return null;
    }
    position.state = "catching-up";
    const { seq, epoch = 1 } = position;
    const id = nextId();
    asked.set(id, reply);
    // The epoch tells the gateway whether what is held is still of this telling; of nothing it says nothing.
    resume({ type: "resume", id, reply, after: seq, ...(seq === 0 ? {} : { epoch }) });
    return null;
  }

  function move(position: Position, to: { seq: number; epoch: number | undefined; length: number }): void {
    position.seq = to.seq;
    position.length = to.length;
    position.epoch = to.epoch ?? position.epoch;
    position.marks.set(to.seq, to.length);
    position.state = "reading";
  }

  function token(frame: ServerFrameOf<"token">): ServerFrame | null {
    const position = at(frame.reply);
    const { seq, length } = position;
    const from = frame.seq - (frame.n ?? 1);
    const later = ahead(frame.epoch, position);
    if (position.state === "ended" || later < 0) return null;
    // A later telling needs its snapshot, unless nothing is held yet that it would have to replace.
    if (from > seq || (later > 0 && seq > 0)) return catchUp(frame.reply, position);
    if (frame.seq <= seq) return null;
    const isText = frame.channel === undefined;
    const held = position.marks.get(from);
    // Pieces may be cut anew when they are sent again: what is held of this one comes off its front.
    if (from < seq && isText && held === undefined) return catchUp(frame.reply, position);
    const content = isText ? frame.content.slice(length - (held ?? length)) : frame.content;
    move(position, { seq: frame.seq, epoch: frame.epoch, length: isText ? length + content.length : length });
    return from === seq ? frame : { ...frame, content, n: frame.seq - seq };
  }

  function whole(reply: string, to: { seq: number; epoch: number | undefined; length: number }): boolean {
    const position = at(reply);
    const later = ahead(to.epoch, position);
    if (position.state === "ended" || later < 0 || (later === 0 && to.seq < position.seq)) return false;
    position.marks.clear();
    move(position, to);
    return true;
  }

  function done(frame: ServerFrameOf<"done">): ServerFrame | null {
    const position = at(frame.reply);
    if (position.state === "ended" || ahead(frame.epoch, position) < 0) return null;
    // An end ahead of the text: the gateway sends it again after the tail.
    if (frame.seq > position.seq) return catchUp(frame.reply, position);
    end(frame.reply, position);
    return frame;
  }

  function end(reply: string, position: Position): void {
    position.state = "ended";
    position.marks.clear();
    positions.delete(reply);
    positions.set(reply, position);
    for (const [oldest, { state }] of positions) {
      if (positions.size <= REMEMBERED) break;
      if (state === "ended") positions.delete(oldest);
    }
  }

  /** A new socket: what has not ended is asked for from where it stands here. */
  function begin({ messages, replies }: ServerFrameOf<"ready">): void {
    asked.clear();
    forgetEnded(messages, replies);
    const open = new Set(replies.map(({ reply }) => reply));
    // Its end was told here, and who lists it has not heard of that yet: with the list it begins anew on the screen.
    for (const reply of open) if (positions.get(reply)?.state === "ended") positions.delete(reply);
    for (const [reply, { state }] of positions) if (state !== "ended") open.add(reply);
    for (const reply of open) ask(reply, at(reply));
  }

  /** `open` shows a conversation from nothing: its replies come from their start. */
  function restart({ messages, replies }: ServerFrameOf<"conversation">): void {
    forgetEnded(messages, replies);
    for (const { reply } of replies) {
      positions.delete(reply);
      ask(reply, at(reply));
    }
  }

  /** Replies that ended meanwhile, and of which a list has all of the text: nothing to catch up on. */
  function forgetEnded(messages: readonly Message[], replies: readonly OpenReply[]): void {
    for (const { id } of messages) {
      const position = positions.get(id);
      if (position !== undefined && !replies.some(({ reply }) => reply === id)) end(id, position);
    }
  }

  function ask(reply: string, position: Position): void {
    if (position.state === "ended") return;
    position.state = "reading";
    catchUp(reply, position);
  }

  return {
    accept(frame) {
      switch (frame.type) {
        case "ready":
          begin(frame);
          return frame;
        case "conversation":
          restart(frame);
          return frame;
        case "ack":
          at(frame.reply);
          return frame;
        case "token":
          return token(frame);
        case "snapshot": {
          const { seq, epoch, content } = frame;
          return whole(frame.reply, { seq, epoch, length: content.length }) ? frame : null;
        }
        case "response": {
          const { reply, content } = frame;
          const isNew =
            at(reply).seq === 0 && whole(reply, { seq: 1, epoch: undefined, length: content.length });
          return isNew ? frame : null;
        }
        case "done":
          return done(frame);
        default:
          return frame;
      }
    },
    refused(id, isFinal) {
      const reply = asked.get(id);
      if (reply === undefined) return;
      const position = at(reply);
      if (isFinal) end(reply, position);
      else position.state = "reading";
      return reply;
    },
    ask(reply) {
      const position = at(reply);
      ask(reply, position);
      return position.state !== "ended";
    },
    clear() {
      positions.clear();
      asked.clear();
    },
  };
}
