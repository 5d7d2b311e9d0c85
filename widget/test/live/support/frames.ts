import type { Page } from "playwright-core";
import { Collected } from "./collected.ts";

/** A frame as it came over the wire. */
export type AnyFrame = Readonly<Record<string, unknown>>;

/** Collects the frames that a page's sockets get from now on. */
export function receivedFrames(page: Page): Collected<AnyFrame> {
  const frames = new Collected<AnyFrame>();
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => frames.add(JSON.parse(String(payload)) as AnyFrame));
  });
  return frames;
}
