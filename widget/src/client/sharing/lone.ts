import { FIRST_FRAME_MS, type Link, type LinkEvents } from "../link.ts";
import type { Scope } from "../scope.ts";
import type { TabsEnvironment } from "../types.ts";
import { createLeadership } from "./leadership.ts";
import { LEAD_MOVED, readTabMessage, type TabMessage } from "./messages.ts";

/** A tab's part in its group. */
export interface Part {
  open(token: string, events: LinkEvents): Link;
  /** It has no link any more, and left the group. */
  isOver(): boolean;
}

/** How long, in milliseconds, the tab that was offered the lead has to take it before another is. */
const OFFER_MS = 500;

interface LoneLink {
  readonly token: string;
  readonly events: LinkEvents;
  /** Null until it is known who leads. */
  way: Link | null;
  /** Of a socket of this tab's own: waiting for `ready`, or live. Else null. */
  plain: "opening" | "live" | null;
  end(): void;
}

/**
 * The part of a tab that knows of no other: it has the lead and a plain socket, and leaves the lead to the first tab
 * that speaks. What serves or follows others is code that is loaded when there are others.
 *
 * @param join loads that code, for links that are opened by what it resolves to; `isRobbed` where the lead was had
 *   and lost
 * @throws where the browser forbids channels
 */
export function createLone({
  tabs,
  scope,
  name,
  openOwn,
  join,
}: {
  tabs: TabsEnvironment;
  scope: Scope;
  name: string;
  openOwn: (token: string, events: LinkEvents) => Link;
  join: (isRobbed: boolean) => Promise<Part["open"]>;
}): Part {
  const links = new Set<LoneLink>();
  let role: "asking" | "leading" | "joining" | "joined" | "alone" | "over" = "asking";
  let isOffered = false;
  let cancelOffer: () => void = () => undefined;

  const channel = tabs.openChannel(name, (heard) => {
    const message = readTabMessage(heard);
    if (role !== "leading" || message === null) return;
    const { kind, from } = message;
    if (kind !== "hello" && kind !== "claim" && kind !== "ask" && kind !== "up") return;
    // Where many come at once, one takes the lead, and not each from the one before.
    channel.post({ kind: isOffered ? "here" : "yours", from: "", to: from } satisfies TabMessage);
    if (!isOffered) offer();
  });
  const leadership = createLeadership({ locks: tabs.locks, scope }, name, {
    onLead: () => openAll("leading"),
    onBusy: () => void joinOthers(false),
    onRobbed: () => void joinOthers(true),
    onUnavailable: () => openAll("alone"),
  });
  const leave = scope.own(() => {
    role = "over";
    cancelOffer();
    leadership.release();
    channel.close();
  });
  leadership.tryNow();

  function offer(): void {
    isOffered = true;
    cancelOffer = scope.after(OFFER_MS, () => {
      isOffered = false;
    });
  }

  function openAll(as: "leading" | "alone"): void {
    role = as;
    for (const link of links) openPlain(link);
  }

  function openPlain(link: LoneLink): void {
    if (link.way !== null) return;
    link.plain = "opening";
    link.way = openOwn(link.token, link.events);
  }

  async function joinOthers(isRobbed: boolean): Promise<void> {
    role = "joining";
    // Two channels of one tab would hear each other.
    channel.close();
    try {
      const open = await join(isRobbed);
      if (links.size > 0) role = "joined";
      for (const link of [...links]) {
        if (link.way === null) link.way = open(link.token, link.events);
        else move(link);
      }
    } catch {
      // Its code cannot be had now: a socket for each tab serves as well.
      openAll("alone");
    }
  }

  /** Its connection opens the next link, among others, before it closes this one. */
  function move(link: LoneLink): void {
    if (link.plain === "live" && role === "joined") link.events.onFrame(LEAD_MOVED);
  }

  return {
    open(token, events) {
      const giveUp = (): void => link.events.onClose({ code: 1006, reason: "", opened: false });
      const cancelDeadline = scope.after(FIRST_FRAME_MS, () => {
        if (link.way === null) giveUp();
      });
      const link: LoneLink = {
        token,
        events: {
          onFrame(frame) {
            events.onFrame(frame);
            if (link.plain !== "opening" || frame.type !== "ready") return;
            link.plain = "live";
            move(link);
          },
          onClose(end) {
            link.end();
            events.onClose(end);
          },
        },
        way: null,
        plain: null,
        end() {
          cancelDeadline();
          if (links.delete(link) && links.size === 0) leave();
        },
      };
      links.add(link);
      if (role === "leading" || role === "alone") openPlain(link);
      return {
        send: (frame) => link.way?.send(frame) ?? false,
        close() {
          link.end();
          link.way?.close();
        },
        abandon: () => (link.way === null ? giveUp() : link.way.abandon()),
      };
    },
    isOver: () => role === "over",
  };
}
