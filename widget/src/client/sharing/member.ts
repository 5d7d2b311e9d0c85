import type { ClientFrame } from "@parlance/protocol";
import { FIRST_FRAME_MS, type Link, type LinkEvents } from "../link.ts";
import type { Scope } from "../scope.ts";
import type { ClientEnvironment, TabsEnvironment } from "../types.ts";
import { createFollower } from "./follower.ts";
import { createLeader } from "./leader.ts";
import { createLeadership } from "./leadership.ts";
import type { Part } from "./lone.ts";
import { LEAD_MOVED, readTabMessage, type TabMessage } from "./messages.ts";
import { LOST, newTabLink, type TabLink, type TabLinks } from "./tab-link.ts";

/** What a member is made of. */
export interface MemberParts {
  readonly environment: ClientEnvironment;
  readonly tabs: TabsEnvironment;
  readonly scope: Scope;
  readonly nextId: () => string;
  /** The group's. */
  readonly name: string;
  /** Opens a socket of this tab's own. */
  readonly openOwn: (token: string, events: LinkEvents) => Link;
  /** The lead was taken from this tab, and nobody has been heard since. */
  readonly isRobbed: boolean;
}

/** How long, in milliseconds, a tab whose lead was taken serves on while the new leader's socket opens. */
const HANDOVER_MS = 2_000;
/** How long, in milliseconds, a token lives at most. */
const LONGEST_LIFE_MS = 86_400_000;

/**
 * Joins a group. A tab leads, and has the socket; or it follows, and speaks with the leader. Where the browser gives
 * no locks it is alone, and each link is a socket; the same where the channel reaches nobody, until it does.
 *
 * @throws where the browser forbids channels
 */
export function createMember(parts: MemberParts): Part {
  const { environment, tabs, scope, nextId, name } = parts;
  const all = new Set<TabLink>();
  let role: "joining" | "following" | "leading" | "unheard" | "alone" | "over" = "joining";
  let { isRobbed } = parts;
  let cancelHandover: () => void = () => undefined;
  /** Cancels that were sent to a leader that was gone, for the next one. */
  let carried: ClientFrame[] = [];

  const links: TabLinks = {
    all,
    post(message) {
      if (role !== "over") channel.post(message);
    },
    begin(link, servedBy, ready) {
      link.cancelDeadline();
      link.state = "joined";
      link.hub = servedBy;
      link.events.onFrame(ready);
      const due = carried;
      carried = [];
      for (const frame of due) send(link, frame);
      // The lead was lost while the socket opened.
      if (link.own !== null && role === "following") leave(link);
    },
    leave,
    fail,
  };
  const leader = createLeader({ ...parts, links, isLeading: () => role === "leading" });
  const follower = createFollower({
    ...parts,
    links,
    // Somebody took the lead from here and yet cannot be heard: this channel does not reach who shares the lock.
    onSilence: () => (isRobbed ? standAlone("unheard") : leadership.steal()),
    onHeard(isNew) {
      isRobbed = false;
      if (isNew) stepDown();
    },
    onYours: () => leadership.steal(),
  });
  const channel = tabs.openChannel(name, (heard) => {
    const message = readTabMessage(heard);
    if (message === null) return;
    if (role === "leading") leader.receive(message);
    else if (role === "following") follower.receive(message);
    else if (role === "unheard") {
      follow();
      stepDown();
    }
  });
  const leadership = createLeadership({ locks: tabs.locks, scope }, name, {
    onLead() {
      role = "leading";
      isRobbed = false;
      cancelHandover();
      follower.stop();
      // Until the socket is open: whoever waits for a leader is not to take the lead as well.
      channel.post({ kind: "here", from: "" } satisfies TabMessage);
      // Who claimed the lead meanwhile may have been told that this tab is looked at.
      leader.seen();
      openOrLeave();
    },
    onBusy: follow,
    onRobbed() {
      isRobbed = true;
      leader.resign();
      cancelHandover = scope.after(HANDOVER_MS, stepDown);
      follow();
    },
    onUnavailable: () => standAlone("alone"),
  });
  const removeVisibility = tabs.onVisibility(() => {
    if (role === "leading") leader.seen();
    else if (role === "following") follower.seen();
  });
  const leaveGroup = scope.own(() => {
    role = "over";
    follower.stop();
    cancelHandover();
    removeVisibility();
    leadership.release();
    channel.close();
  });
  leadership.tryNow();

  function follow(): void {
    role = "following";
    leadership.queue();
    follower.start();
  }

  function standAlone(as: "unheard" | "alone"): void {
    role = as;
    leader.resign();
    follower.stop();
    leadership.release();
    openOrLeave();
  }

  /** Every link needs a socket of this tab's own: those that wait get one, those of another are to be followed. */
  function openOrLeave(): void {
    for (const link of [...all]) {
      if (link.state !== "opening") leave(link);
      else if (link.own === null) leader.lead(link);
    }
  }

  /** What is left of the lead goes, as another tab has it. */
  function stepDown(): void {
    cancelHandover();
    for (const link of [...all]) if (link.own !== null) leave(link);
  }

  function leave(link: TabLink): void {
    if (link.state !== "joined") return;
    link.state = "leaving";
    carried.push(...link.unconfirmed);
    link.cancelDeadline = scope.after(FIRST_FRAME_MS, () => fail(link, LOST));
    link.events.onFrame(LEAD_MOVED);
  }

  function remove(link: TabLink): void {
    if (link.state === "closed") return;
    link.state = "closed";
    all.delete(link);
    link.cancelDeadline();
    leader.forget(link);
    if (all.size === 0) leaveGroup();
  }

  function fail(link: TabLink, end: Parameters<LinkEvents["onClose"]>[0]): void {
    if (link.state === "closed") return;
    const wasOpening = link.state === "opening";
    remove(link);
    link.events.onClose(end);
    // What was to be followed by this one has nothing to wait for.
    if (wasOpening) for (const other of [...all]) if (other.state === "leaving") fail(other, LOST);
  }

  function send(link: TabLink, frame: ClientFrame): boolean {
    if (link.state === "closed" || link.state === "opening") return false;
    if (link.own !== null) link.own.hub?.send(link.id, frame);
    else if (frame.type === "auth") confirmAuth(link, frame.id);
    else if (link.state === "leaving") {
      // What else is sent now, its senders send again on the next link.
      if (frame.type === "cancel") carried.push(frame);
    } else if (link.hub !== null) {
      if (frame.type === "cancel") link.unconfirmed.push(frame);
      links.post({ kind: "up", from: link.id, to: link.hub, frame });
      follower.expect();
    }
    return true;
  }

  /** There is no socket here whose token would end; the fresh one is for the time when this tab leads. */
  function confirmAuth(link: TabLink, ref: string | undefined): void {
    if (ref === undefined) return;
    const expiresAt = new Date(environment.now() + LONGEST_LIFE_MS).toISOString();
    scope.after(0, () => {
      if (link.state !== "closed") link.events.onFrame({ type: "ok", ref, expiresAt });
    });
  }

  return {
    open(token, events) {
      const link = newTabLink(nextId(), token, events);
      all.add(link);
      link.cancelDeadline = scope.after(FIRST_FRAME_MS, () => fail(link, { ...LOST, opened: false }));
      if (role === "following") follower.hello(link);
      else if (role !== "joining") leader.lead(link);
      return {
        send: (frame) => send(link, frame),
        close: () => remove(link),
        abandon: () => fail(link, LOST),
      };
    },
    isOver: () => role === "over",
  };
}
