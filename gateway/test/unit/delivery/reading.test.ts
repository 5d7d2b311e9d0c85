import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "@jest/globals";
import { CLOSE_CODES, PROTOCOL_LIMITS, type ServerFrame } from "@parlance/protocol";
import type { LiveReply } from "../../../src/delivery/live-reply.ts";
import { finish, newReader, newReply } from "./reading.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const START = { after: 0, snapshot: false };

const textOf = (frames: readonly ServerFrame[]): string =>
  frames.reduce((text, frame) => {
    if (frame.type === "token") return text + frame.content;
    return frame.type === "snapshot" ? frame.content : text;
  }, "");

describe("a reply and its readers", () => {
  test("each chunk goes out at once, between typing on and typing off, and done comes last, once", () => {
    const { socket, outbox } = newReader();
    const reply = newReply();
    outbox.attach(reply, START);
    reply.start();
    for (const chunk of ["Hel", "lo", " 🎉"]) reply.append(chunk);
    expect(socket.frames.filter(({ type }) => type === "token")).toEqual([
      { type: "token", reply: "reply-1", seq: 1, content: "Hel" },
      { type: "token", reply: "reply-1", seq: 2, content: "lo" },
      { type: "token", reply: "reply-1", seq: 3, content: " 🎉" },
    ]);
    finish(reply);
    finish(reply);
    expect(socket.frames.map(({ type }) => type)).toEqual([
      "typing",
      "token",
      "token",
      "token",
      "typing",
      "done",
    ]);
    expect(socket.frames.at(-1)).toMatchObject({ seq: 3, reason: "stop", model: "model-1" });
    expect(reply.readers.size).toBe(0);
    reply.append("too late");
    expect(reply.log.seq).toBe(3);
  });

  test.each([
    [{ after: 2, snapshot: false }, [{ type: "token", seq: 4, n: 2, content: "cd" }]],
    [{ after: 4, snapshot: false }, []],
    [START, [{ type: "token", seq: 4, n: 4, content: "abcd" }]],
    [{ after: 2, snapshot: true }, [{ type: "snapshot", seq: 4, content: "abcd", epoch: 1 }]],
    [{ after: 9, snapshot: false }, [{ type: "snapshot", seq: 4, content: "abcd" }]],
  ])("attached at %j it is read from there, then live", (point, caughtUp) => {
    const reply = newReply();
    reply.start();
    for (const chunk of "abcd") reply.append(chunk);
    const { socket, outbox } = newReader();
    outbox.attach(reply, point);
    expect(socket.frames).toEqual(caughtUp.map((frame) => expect.objectContaining(frame)));
    reply.append("e");
    expect(socket.frames.at(-1)).toEqual({ type: "token", reply: "reply-1", seq: 5, content: "e" });
    finish(reply);
    expect(socket.frames.at(-1)).toMatchObject({ type: "done", seq: 5 });
  });

  test("after its end it is told again to who attaches, with its done", () => {
    const reply = newReply();
    reply.start();
    reply.append("ab");
    reply.append("c");
    finish(reply);
    const { socket, outbox } = newReader();
    for (const after of [0, 1, 2]) outbox.attach(reply, { after, snapshot: false });
    expect(socket.frames.filter(({ type }) => type === "done")).toHaveLength(3);
    expect(socket.frames.flatMap((frame) => (frame.type === "token" ? [frame.content] : []))).toEqual([
      "abc",
      "c",
    ]);
  });

  test("one that fails says why before its done; one that never began says no typing", () => {
    const { socket, outbox } = newReader();
    const [failed, cancelled] = [newReply("failed"), newReply("cancelled")];
    for (const reply of [failed, cancelled]) outbox.attach(reply, START);
    const usage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
    failed.start();
    failed.end(
      { reason: "error", model: "m", usage },
      { code: "UPSTREAM_ERROR", message: "cut", retryAfter: 3 },
    );
    cancelled.end({ reason: "cancelled", model: "", usage }, null);
    expect(socket.frames.map((frame) => [frame.type, "reply" in frame && frame.reply])).toEqual([
      ["typing", "failed"],
      ["error", "failed"],
      ["typing", "failed"],
      ["done", "failed"],
      ["done", "cancelled"],
    ]);
    expect(socket.frames[1]).toMatchObject({ code: "UPSTREAM_ERROR", retryAfter: 3 });
  });

  test("taken over, it comes anew as a snapshot, to readers wherever they stood", () => {
    const reply = newReply();
    reply.start();
    reply.append("first attempt");
    const { socket, outbox } = newReader();
    outbox.attach(reply, { after: 1, snapshot: false });
    reply.restart(2, null);
    reply.start();
    reply.append("second ");
    reply.append("attempt");
    finish(reply);
    const told = socket.frames.filter(({ type }) => type !== "typing");
    expect(told[0]).toMatchObject({ type: "snapshot", epoch: 2 });
    expect(textOf(told)).toBe("second attempt");
    expect(told.at(-1)).toMatchObject({ type: "done", epoch: 2, seq: 2 });
  });

  test("a chunk that no frame could hold is cut between characters", () => {
    const { socket, outbox } = newReader();
    const reply = newReply();
    outbox.attach(reply, START);
    reply.start();
    const huge = `x${"🎉".repeat(20_000)}`;
    reply.append(huge);
    finish(reply);
    for (const text of socket.texts)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(PROTOCOL_LIMITS.pieceBytes);
    expect(textOf(socket.frames)).toBe(huge);
    for (const frame of socket.frames)
      if (frame.type === "token") expect(frame.content.isWellFormed()).toBe(true);
  });
});

describe("a reader that does not read", () => {
  /** Drains until nothing more comes. */
  const drainAll = ({ socket, outbox }: ReturnType<typeof newReader>): void => {
    for (let before = -1; before < socket.texts.length; ) {
      before = socket.texts.length;
      socket.drain();
      outbox.drained();
    }
  };

  test("gets what it missed in pieces of at most 32 KiB, whatever the text costs in JSON", () => {
    const reader = newReader();
    const reply = newReply();
    reader.outbox.attach(reply, START);
    reader.socket.reading = false;
    reply.start();
    const chunks = Array.from(
      { length: 20_000 },
      (_, index) => ["\u0001\u0002", "漢字", '"\\"', "plain"][index % 4] ?? "",
    );
    for (const chunk of chunks) reply.append(chunk);
    finish(reply);
    expect(reader.socket.buffered).toBeLessThanOrEqual(64 * 1024);
    const atOnce = reader.socket.texts.length;
    drainAll(reader);
    expect(textOf(reader.socket.frames)).toBe(chunks.join(""));
    const pieces = reader.socket.texts.slice(atOnce);
    expect(pieces.length).toBeLessThan(30);
    for (const piece of pieces)
      expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(PROTOCOL_LIMITS.pieceBytes);
    expect(reader.socket.frames.filter(({ type }) => type === "done")).toHaveLength(1);
  });

  test("is sent direct answers in their order once it reads, and is dropped when it asks on without reading", () => {
    const { socket, outbox } = newReader();
    socket.reading = false;
    const pong = (t: number): ServerFrame => ({ type: "pong", t });
    while (socket.buffered <= 32 * 1024) outbox.send({ type: "pong", t: "x".repeat(64) });
    const before = socket.texts.length;
    for (let t = 0; t < 50; t++) outbox.send(pong(t));
    expect(socket.texts).toHaveLength(before);
    socket.drain();
    outbox.drained();
    expect(socket.frames.slice(before)).toEqual(Array.from({ length: 50 }, (_, t) => pong(t)));
    while (socket.closedWith === null) outbox.send({ type: "pong", t: "x".repeat(64) });
    expect(socket.closedWith).toBe(CLOSE_CODES.tooFast);
  });

  test("costs at most 64 KB in all, while 100 replies of 4,000 chunks stream", () => {
    const READERS = 100;
    const stream = (readers: readonly ReturnType<typeof newReader>[]): LiveReply[] => {
      const replies = Array.from({ length: 100 }, (_, number) =>
        newReply(`0190-reply-of-a-usual-length-${number}`),
      );
      for (const reply of replies) {
        for (const { outbox } of readers) outbox.attach(reply, START);
        reply.start();
      }
      for (let chunk = 0; chunk < 4_000; chunk++) {
        const text = ` token${chunk}`;
        for (const reply of replies) reply.append(text);
      }
      return replies;
    };
    // What one collection frees makes more free for the next: a worker may still hold what other suites left.
    const used = (before = Number.POSITIVE_INFINITY): number => {
      collectGarbage();
      const now = getHeapStatistics().used_heap_size;
      return before - now > 1_024 ? used(now) : now;
    };
    const readers = Array.from({ length: READERS }, newReader);
    for (const { socket } of readers) socket.reading = false;
    const replies = stream(readers);
    const withReaders = used();
    expect(readers[0]?.socket.buffered).toBeGreaterThan(32 * 1024);
    for (const { outbox } of readers.splice(0)) outbox.close();
    const each = (withReaders - used()) / READERS;
    process.stderr.write(`a reader that does not read holds ${Math.round(each)} bytes\n`);
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThanOrEqual(64 * 1024);
    expect(replies.every(({ readers: left }) => left.size === 0)).toBe(true);
  });
});
