import type { ClientFrame, ServerFrameOf } from "@parlance/protocol";
import { CLOSE_CODES } from "@parlance/protocol/constants";
import type { Link, LinkEvents } from "../link.ts";
import type { Unsubscribe } from "../types.ts";
import type { Hub } from "./hub.ts";
import type { LinkEnd, TabMessage } from "./messages.ts";

/** One link of a tab in its group, as the member keeps it. */
export interface TabLink {
  readonly id: string;
  readonly token: string;
  readonly events: LinkEvents;
  /** Waiting for `ready`; served by a hub; the same, and its connection opens the next one; at its end. */
  state: "opening" | "joined" | "leaving" | "closed";
  /** The id of the hub that serves it. */
  hub: string | null;
  /** The socket that was opened for it, where this tab led then. */
  own: { readonly link: Link; hub: Hub | null } | null;
  /** Cancels that were sent to another tab, which has not said yet that it is there. */
  unconfirmed: ClientFrame[];
  cancelDeadline: Unsubscribe;
}

/** The links of a tab, and what becomes of them, for both roles that it may have. */
export interface TabLinks {
  readonly all: ReadonlySet<TabLink>;
  post(message: TabMessage): void;
  /** The link is served from now on. */
  begin(link: TabLink, servedBy: string, ready: ServerFrameOf<"ready">): void;
  /** The link is served no longer, or not for long: its connection opens the next, and then closes this one. */
  leave(link: TabLink): void;
  /** The link is at its end, which its connection is told. */
  fail(link: TabLink, end: LinkEnd): void;
}

/** A link that begins. */
export const newTabLink = (id: string, token: string, events: LinkEvents): TabLink => ({
  id,
  token,
  events,
  state: "opening",
  hub: null,
  own: null,
  unconfirmed: [],
  cancelDeadline: () => undefined,
});

/** The end of a link that nothing is known about. */
export const LOST: LinkEnd = { code: 1006, reason: "", opened: true };

/** The end of the socket as a link is told: a frame that was too large is the matter of the one that sent it. */
export function endFor(
  link: TabLink,
  { code, reason, opened }: LinkEnd,
  lastSender: string | undefined,
): LinkEnd {
  return code === CLOSE_CODES.tooLarge && lastSender !== link.id ? LOST : { code, reason, opened };
}
