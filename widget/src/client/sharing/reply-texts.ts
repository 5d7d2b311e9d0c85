import type { ClientFrame, OpenReply, ServerFrame, ServerFrameOf } from "@parlance/protocol";
import { asFrame } from "../frame.ts";
import type { Delivery } from "./messages.ts";

type Resume = Extract<ClientFrame, { type: "resume" }>;
type TextFrame = ServerFrameOf<"token" | "snapshot" | "response" | "done">;

/** The text of replies as the hub's socket told it, from which tabs catch up without asking the gateway. */
export interface ReplyTexts {
  /** A reply that the socket is told of by itself: its frames are for every tab. */
  begin(reply: string, origin: { conversation: string; message?: string | undefined }): void;
  /** A reply that `ready` listed: its frames are for the tabs that ask for them. */
  list(replies: readonly OpenReply[]): void;
  /** Keeps a frame that fits, and hands it on. */
  tell(frame: TextFrame): void;
  /** Sends a tab what it has not, and from then on what comes. */
  resume(link: string, frame: Resume): void;
  /** The gateway would not tell of that reply; `isFinal` where it never will. */
  refuse(reply: string, error: ServerFrameOf<"error">, isFinal: boolean): void;
  /** All that have not ended, oldest first. */
  open(): OpenReply[];
}

interface ReplyText {
  readonly reply: string;
  conversation: string;
  message: string;
  seq: number;
  epoch: number;
  content: string;
  state: OpenReply["state"];
  done: ServerFrameOf<"done"> | null;
  /** Whether `seq` is where the gateway has told of it up to: nothing has come yet of one that began before. */
  isTold: boolean;
  /** The links that read it; null is all. */
  readers: Set<string> | null;
  /** Links that asked for it and have as much as, or more than, what has come in here so far. */
  readonly waiting: Map<string, Resume>;
}

/** Ended replies whose text is kept for tabs that slept. */
const KEPT = 50;

/**
 * Makes the texts of one hub.
 *
 * @param ask has the gateway tell of a reply from its start; false where it was told of already, and forgotten
 */
export function createReplyTexts(
  ask: (reply: string) => boolean,
  deliver: (delivery: Delivery) => void,
): ReplyTexts {
  const texts = new Map<string, ReplyText>();

  function add(
    reply: string,
    { conversation = "", message = "" }: { conversation?: string; message?: string | undefined },
    readers: Set<string> | null,
  ): ReplyText {
    const known = texts.get(reply);
    if (known !== undefined) return known;
    const text: ReplyText = {
      reply,
      conversation,
      message,
      seq: 0,
      epoch: 1,
      content: "",
      state: "queued",
      done: null,
      isTold: readers === null,
      readers,
      waiting: new Map(),
    };
    texts.set(reply, text);
    return text;
  }

  function take(text: ReplyText, frame: TextFrame): void {
    text.isTold = true;
    text.conversation = frame.conversation ?? text.conversation;
    if (frame.type !== "response") text.epoch = frame.epoch ?? 1;
    if (frame.type === "done") {
      text.message = frame.message;
      text.done = frame;
      forgetOldest();
      return;
    }
    text.state = "streaming";
    if (frame.type === "token") {
      text.seq = frame.seq;
      if (frame.channel === undefined) text.content += frame.content;
      return;
    }
    if (frame.type === "snapshot") text.message = frame.message;
    text.seq = frame.type === "snapshot" ? frame.seq : 1;
    text.content = frame.content;
  }

  function forgetOldest(): void {
    const ended = [...texts.values()].filter(({ done }) => done !== null);
    for (const { reply } of ended.slice(0, -KEPT)) texts.delete(reply);
  }

  function serve(text: ReplyText, link: string, frame: Resume): void {
    const { reply, conversation, message, seq, epoch, content, done, readers, waiting } = text;
    const heldEpoch = frame.epoch ?? epoch;
    const isBehind = done === null && epoch <= heldEpoch && seq < frame.after;
    if (isBehind || !text.isTold || message === "") {
      waiting.set(link, frame);
      return;
    }
    waiting.delete(link);
    readers?.add(link);
    const only = [link];
    if (seq > frame.after || epoch !== heldEpoch)
      deliver({ frame: { type: "snapshot", reply, conversation, message, seq, epoch, content }, only });
    if (done !== null) deliver({ frame: done, only });
  }

  return {
    begin(reply, origin) {
      const text = add(reply, origin, null);
      text.message ||= origin.message ?? "";
      text.conversation ||= origin.conversation;
      text.readers = null;
    },
    list(replies) {
      for (const { reply, conversation, message, state, epoch } of replies) {
        const text = add(reply, { conversation, message }, new Set());
        text.state = state;
        text.epoch = Math.max(epoch, 1);
      }
    },
    tell(frame) {
      const text = add(frame.reply, {}, null);
      take(text, frame);
      const { readers, waiting } = text;
      deliver(readers === null ? { frame } : { frame, only: [...readers] });
      for (const [link, wanted] of [...waiting]) serve(text, link, wanted);
    },
    resume(link, frame) {
      const known = texts.get(frame.reply);
      if (known !== undefined) return serve(known, link, frame);
      if (ask(frame.reply)) {
        add(frame.reply, {}, new Set()).waiting.set(link, frame);
        return;
      }
      const gone = { type: "error", code: "NOT_FOUND", message: "no such reply", ref: frame.id } as const;
      deliver({ frame: asFrame<ServerFrame>(gone), only: [link] });
    },
    refuse(reply, error, isFinal) {
      const text = texts.get(reply);
      if (text === undefined) return;
      for (const [link, { id }] of text.waiting) {
        deliver({ frame: asFrame<ServerFrame>({ ...error, ref: id }), only: [link] });
        text.readers?.add(link);
      }
      text.waiting.clear();
      if (isFinal) texts.delete(reply);
    },
    open: () =>
      [...texts.values()]
        .filter(({ done, message }) => done === null && message !== "")
        .map(({ reply, conversation, message, seq, epoch, state }) => {
          return { reply, conversation, message, seq, epoch, state };
        }),
  };
}
