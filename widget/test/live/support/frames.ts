import type { Page } from "playwright-core";
import { Collected } from "./collected.ts";

/** A frame as it went over the wire. */
export type AnyFrame = Readonly<Record<string, unknown>>;

/** Collects the frames that a page's sockets send from now on, with those of other pages where these are given. */
export function sentFrames(page: Page, frames = new Collected<AnyFrame>()): Collected<AnyFrame> {
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => frames.add(JSON.parse(String(payload)) as AnyFrame));
  });
  return frames;
}
