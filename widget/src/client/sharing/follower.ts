import type { Scope } from "../scope.ts";
import type { ClientEnvironment, TabsEnvironment } from "../types.ts";
import { reaches, type TabMessage } from "./messages.ts";
import { endFor, type TabLink, type TabLinks } from "./tab-link.ts";
import { createWatch } from "./watch.ts";

/** What a tab does that speaks to the gateway through the tab that leads. */
export interface Follower {
  /** Says hello for all links that wait for a `ready`, and watches the leader from then on. */
  start(): void;
  stop(): void;
  /** Asks the leader for a `ready`. */
  hello(link: TabLink): void;
  /** Something was sent that the leader answers at once. */
  expect(): void;
  /** The tab is looked at, or no longer. */
  seen(): void;
  /** Another tab speaks. */
  receive(message: TabMessage): void;
}

/** Makes the following part of a tab. */
export function createFollower({
  environment,
  scope,
  tabs,
  links,
  onSilence,
  onHeard,
  onYours,
}: {
  environment: ClientEnvironment;
  scope: Scope;
  tabs: TabsEnvironment;
  links: TabLinks;
  /** The leader owes an answer for too long. */
  onSilence: () => void;
  /** The leader was heard; `isNew` where it is one that leads from now on. */
  onHeard: (isNew: boolean) => void;
  /** The lead may be taken. */
  onYours: () => void;
}): Follower {
  const watch = createWatch({ environment, scope, tabs, ask, onSilence });

  function heard(isNew = false): void {
    watch.heard();
    onHeard(isNew);
  }

  function hello(link: TabLink): void {
    if (link.own !== null || link.state !== "opening") return;
    links.post({ kind: "hello", from: link.id, visible: tabs.isVisible() });
    watch.expect();
  }

  function ask(): void {
    for (const link of links.all) {
      hello(link);
      if (link.own !== null || link.hub === null) continue;
      links.post({ kind: "ask", from: link.id, to: link.hub });
      watch.expect();
    }
  }

  function seen(): void {
    const link = [...links.all].find(({ own }) => own === null);
    if (link === undefined || !tabs.isVisible()) return;
    links.post({ kind: "claim", from: link.id });
    watch.expect();
  }

  function take(link: TabLink, message: Extract<TabMessage, { kind: "down" }>): void {
    const { from, frame } = message;
    if (link.state === "joined" && link.hub === from) {
      heard();
      if (frame.type !== "ready" && reaches(message, link.id)) link.events.onFrame(frame);
    } else if (link.state === "opening" && frame.type === "ready" && reaches(message, link.id)) {
      heard();
      links.begin(link, from, frame);
    }
  }

  function end(link: TabLink, message: Extract<TabMessage, { kind: "closed" }>): void {
    const isMeant = message.to === undefined || message.to === link.id;
    const isServed = link.state === "opening" || link.hub === message.from;
    if (isMeant && isServed) links.fail(link, endFor(link, message, message.lastSender));
  }

  return {
    start() {
      watch.start();
      for (const link of links.all) hello(link);
    },
    stop: watch.stop,
    hello,
    expect: watch.expect,
    seen,
    receive(message) {
      const { from } = message;
      const mine = [...links.all].filter(({ own }) => own === null);
      switch (message.kind) {
        case "lead":
          heard(true);
          for (const link of mine) {
            if (link.state === "opening") hello(link);
            else if (link.hub !== from) links.leave(link);
          }
          return;
        case "hidden":
          seen();
          return;
        case "here":
        case "yours":
          if (message.to === undefined) heard();
          for (const link of mine) {
            if (link.id !== message.to) continue;
            heard();
            if (link.hub === from) link.unconfirmed = [];
            if (message.kind === "yours") onYours();
          }
          return;
        case "down":
          for (const link of mine) take(link, message);
          return;
        case "closed":
          for (const link of mine) end(link, message);
          return;
        case "hello":
        case "claim":
        case "ask":
        case "up":
          // For the leader.
          return;
        default:
          // Of a version to come.
          message satisfies never;
      }
    },
  };
}
