import type { ServerFrame } from "@parlance/protocol";
import type { Asked, PromisedReply } from "./asked.ts";
import type { TestClient } from "./test-client.ts";

/** What one socket knows of one reply, as its frames come in. */
interface Reading {
  /** Frames received, other than acknowledgements. */
  heard: number;
  position: number;
  /** Places it asked to go on from, whose answer has not been seen. */
  readonly resumes: { readonly after: number }[];
  resumed: number;
  dones: number;
  text: string;
}

/** What a socket held in the end. */
export interface HeldReply {
  readonly text: string;
  readonly dones: number;
}

class BrokenRule extends Error {
  constructor(rule: string, frame: ServerFrame, reading: Reading) {
    super(
      `${rule}: ${JSON.stringify(frame).slice(0, 300)} after ${JSON.stringify({ ...reading, text: "" })}`,
    );
    this.name = "BrokenRule";
  }
}

/**
 * Holds all that one socket received to the rules of the protocol: `ack` before any other frame of its reply;
 * nothing of a reply that `ready` listed before its `resume`; no gap, no chunk twice, every chunk what the
 * upstream sent; `done` once, and again only to a resume, and only when the whole text has come.
 *
 * @param open whether the socket is still open: then what it reads must have come to its end
 */
export function checkReplyRules(client: TestClient, asked: Asked, open: boolean): Map<string, HeldReply> {
  const ready = client.frames.find((frame) => frame.type === "ready");
  const listed = new Set(ready?.type === "ready" ? ready.replies.map(({ reply }) => reply) : []);
  const readings = new Map<string, Reading>();
  let sent = 0;
  client.frames.forEach((frame, index) => {
    for (; sent < client.sent.length && (client.sent[sent]?.framesBefore ?? 0) <= index; sent++) {
      const out = client.sent[sent]?.frame;
      if (out?.type === "resume") noteResume(readings, out);
    }
    if (!("reply" in frame) || frame.reply === undefined) return;
    const known = readings.get(frame.reply);
    const promise = asked.byReply.get(frame.reply);
    if (promise === undefined) throw new Error(`a reply that nobody was promised: ${JSON.stringify(frame)}`);
    if (frame.type === "ack") {
      if (known !== undefined && known.heard > 0 && frame.duplicate !== true)
        throw new BrokenRule("an ack comes before any other frame of its reply", frame, known);
      if (frame.duplicate !== true) readings.set(frame.reply, known ?? fresh());
      return;
    }
    if (known === undefined && listed.has(frame.reply))
      throw new BrokenRule("a listed reply is sent only after its resume", frame, fresh());
    const reading = known ?? fresh();
    readings.set(frame.reply, reading);
    take(frame, reading, promise);
  });
  for (const [reply, { dones, resumed }] of readings) {
    if (dones > 1 + resumed) throw new Error(`${dones} dones of ${reply} after ${resumed} resumes`);
    if (open && dones === 0) throw new Error(`no done of ${reply} on a socket that reads it`);
  }
  return readings;
}

function fresh(): Reading {
  return { heard: 0, position: 0, resumes: [], resumed: 0, dones: 0, text: "" };
}

function noteResume(readings: Map<string, Reading>, frame: { reply: string; after: number }): void {
  const reading = readings.get(frame.reply) ?? fresh();
  reading.resumes.push({ after: frame.after });
  reading.resumed++;
  readings.set(frame.reply, reading);
}

function take(frame: ServerFrame, reading: Reading, { script }: PromisedReply): void {
  reading.heard++;
  if (frame.type === "token") {
    const from = frame.seq - (frame.n ?? 1);
    if (from !== reading.position) {
      const resume = reading.resumes.findIndex(({ after }) => after === from);
      if (resume === -1) throw new BrokenRule("a gap, or a chunk twice", frame, reading);
      reading.resumes.splice(0, resume + 1);
    }
    if (frame.content !== script.chunks.slice(from, frame.seq).join(""))
      throw new BrokenRule("not what the upstream sent", frame, reading);
    reading.position = frame.seq;
  } else if (frame.type === "snapshot") {
    if (reading.resumed === 0) throw new BrokenRule("a snapshot that nobody asked for", frame, reading);
    if (frame.content !== script.chunks.slice(0, frame.seq).join(""))
      throw new BrokenRule("not what the upstream sent", frame, reading);
    reading.position = frame.seq;
  } else if (frame.type === "done") {
    const whole = reading.position === frame.seq || reading.resumes.some(({ after }) => after === frame.seq);
    if (!whole) throw new BrokenRule("done before the whole text", frame, reading);
    if (frame.reason === "stop" && frame.seq !== script.chunks.length)
      throw new BrokenRule("stopped short of the upstream's end", frame, reading);
    reading.position = frame.seq;
    reading.dones++;
  } else if (frame.type !== "typing" && frame.type !== "error") {
    throw new BrokenRule("not a frame of a reply", frame, reading);
  }
  reading.text = script.chunks.slice(0, reading.position).join("");
}

/**
 * Holds a socket that read everything from the start to the order of a conversation: the text of an answer
 * begins only when the one before it has ended, in the order of the questions.
 */
export function checkConversationOrder(client: TestClient, asked: Asked): void {
  const speaking = new Map<string, string>();
  for (const frame of client.frames) {
    if (frame.type !== "token" && frame.type !== "done") continue;
    const conversation = asked.byReply.get(frame.reply)?.conversation ?? "";
    const speaker = speaking.get(conversation);
    if (frame.type === "done") {
      if (speaker === frame.reply) speaking.delete(conversation);
    } else if (speaker !== undefined && speaker !== frame.reply) {
      throw new Error(`${frame.reply} speaks while ${speaker} has not ended`);
    } else {
      speaking.set(conversation, frame.reply);
    }
  }
}
