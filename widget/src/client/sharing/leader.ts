import type { ServerFrameOf } from "@parlance/protocol";
import type { Link, LinkEvents } from "../link.ts";
import type { ClientEnvironment, TabsEnvironment } from "../types.ts";
import { createHub, type Hub } from "./hub.ts";
import { type Delivery, reaches, type TabMessage } from "./messages.ts";
import { endFor, type TabLink, type TabLinks } from "./tab-link.ts";

/** What a tab does with a socket of its own: with the lead, it serves the group. */
export interface Leader {
  /** Opens the socket for a link. */
  lead(link: TabLink): void;
  /** A follower speaks. */
  receive(message: TabMessage): void;
  /** The tab is looked at, or no longer. */
  seen(): void;
  /** Serves the group no longer; sockets stay with their links. */
  resign(): void;
  /** The link is at its end, and its socket with it. */
  forget(link: TabLink): void;
}

/** Makes the leading part of a tab. `isLeading` says whether it has the lead now. */
export function createLeader({
  environment,
  tabs,
  nextId,
  openOwn,
  links,
  isLeading,
}: {
  environment: ClientEnvironment;
  tabs: TabsEnvironment;
  nextId: () => string;
  openOwn: (token: string, events: LinkEvents) => Link;
  links: TabLinks;
  isLeading: () => boolean;
}): Leader {
  /** What serves the group: of the socket that became ready last. */
  let hub: Hub | null = null;
  let hasFollowers = false;

  function serve(link: TabLink, own: NonNullable<TabLink["own"]>, ready: ServerFrameOf<"ready">): void {
    const { id } = link;
    const serving = createHub({
      id,
      environment,
      socket: own.link,
      nextId,
      ready,
      deliver: (delivery) => deliver(link, delivery),
      refuse: (to, end) => links.post({ kind: "closed", from: id, to, ...end }),
    });
    own.hub = serving;
    if (isLeading()) {
      hub = serving;
      links.post({ kind: "lead", from: id });
    }
    links.begin(link, id, ready);
  }

  function deliver(link: TabLink, delivery: Delivery): void {
    const isForOthers = delivery.only?.every((id) => id === link.id) !== true;
    if (hasFollowers && isForOthers) links.post({ kind: "down", from: link.id, ...delivery });
    if (!reaches(delivery, link.id)) return;
    // As from a socket: an answer is never heard before the call that asked for it has returned.
    queueMicrotask(() => {
      if (link.state !== "closed" && link.state !== "opening") link.events.onFrame(delivery.frame);
    });
  }

  return {
    lead(link) {
      link.cancelDeadline();
      const socket = openOwn(link.token, {
        onFrame(frame) {
          if (own.hub !== null) own.hub.receive(frame);
          else if (frame.type === "ready") serve(link, own, frame);
        },
        onClose(end) {
          // A socket that was to follow on another and did not open is no matter of the group's.
          const isOurs = own.hub === null ? hub === null : hub === own.hub;
          const lastSender = own.hub?.lastSender;
          if (isLeading() && isOurs) links.post({ kind: "closed", from: link.id, ...end, lastSender });
          links.fail(link, endFor(link, end, lastSender));
        },
      });
      const own: NonNullable<TabLink["own"]> = { link: socket, hub: null };
      link.own = own;
    },
    receive(message) {
      const { kind, from } = message;
      const answer = (how: "here" | "yours"): void =>
        links.post({ kind: how, from: hub?.id ?? "", to: from });
      if (kind === "hello" || kind === "claim") {
        hasFollowers = true;
        const isSeen = kind === "claim" || message.visible;
        if (isSeen && !tabs.isVisible()) return answer("yours");
        answer("here");
        if (kind === "hello") hub?.welcome(from);
      } else if (kind === "ask" || kind === "up") {
        if (hub !== null && message.to !== hub.id) return links.post({ kind: "lead", from: hub.id });
        answer("here");
        if (kind === "up" && hub !== null) hub.send(from, message.frame);
      }
    },
    seen() {
      if (!tabs.isVisible()) links.post({ kind: "hidden", from: hub?.id ?? "" });
    },
    resign() {
      hub = null;
    },
    forget({ own }) {
      own?.hub?.end();
      own?.link.close();
      if (hub === own?.hub) hub = null;
    },
  };
}
