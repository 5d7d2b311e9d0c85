import type { ClientFrame, ServerFrame, ServerFrameOf } from "@parlance/protocol";

/** A frame of the gateway's, and which links it is for: all, some, or all but some. Named by their ids. */
export interface Delivery {
  readonly frame: ServerFrame;
  readonly only?: readonly string[];
  readonly except?: readonly string[];
}

/** How a socket ended, as its link tells it. */
export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
  readonly opened: boolean;
}

/** What the tabs of one group say to each other. `from` and `to` are ids of links; a hub has its own link's. */
export type TabMessage =
  /** A link wants a `ready`. `visible`: its tab is looked at, and should lead rather than one that is not. */
  | { readonly kind: "hello"; readonly from: string; readonly visible: boolean }
  /** A tab is looked at now. */
  | { readonly kind: "claim"; readonly from: string }
  /** Is the leader there? */
  | { readonly kind: "ask"; readonly from: string; readonly to: string }
  /** A frame for the gateway. */
  | { readonly kind: "up"; readonly from: string; readonly to: string; readonly frame: ClientFrame }
  /** This hub serves from now on. */
  | { readonly kind: "lead"; readonly from: string }
  /** The leader is there, and has what was said to it; without `to`, it has just taken the lead. */
  | { readonly kind: "here"; readonly from: string; readonly to?: string }
  /** The leader is not looked at: the lead may be taken from it. */
  | { readonly kind: "yours"; readonly from: string; readonly to: string }
  /** The leader is no longer looked at. */
  | { readonly kind: "hidden"; readonly from: string }
  | ({ readonly kind: "down"; readonly from: string } & Delivery)
  /** The socket ended, or could not be opened; with `to`, that link alone is not served. */
  | ({ readonly kind: "closed"; readonly from: string; readonly to?: string } & LinkEnd & {
        /** Whose frame was sent last: what 1009 is about. */
        readonly lastSender?: string | undefined;
      });

/**
 * Reads what came on the channel, which any script of the page's origin may write to: null where it is no message.
 * A kind of a version to come passes, and is ignored by who hears it.
 */
export function readTabMessage(heard: unknown): TabMessage | null {
  const { kind, from, to, frame, only, except, code, reason } = Object(heard) as Record<string, unknown>;
  const isAddressed = isText(kind) && isText(from) && (to === undefined || isText(to));
  const isFramed = (kind !== "up" && kind !== "down") || isText(Object(frame).type);
  const isMeant = [only, except].every((links) => links === undefined || Array.isArray(links));
  const isEnd = kind !== "closed" || (Number.isInteger(code) && isText(reason));
  return isAddressed && isFramed && isMeant && isEnd ? (heard as TabMessage) : null;
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Has a connection open its next link before it lets go of this one, as it does where a gateway goes away. */
export const LEAD_MOVED: ServerFrameOf<"goaway"> = { type: "goaway", reconnectIn: 0, reason: "lead" };

/** Whether a frame is for that link. */
export const reaches = ({ only, except }: Delivery, link: string): boolean =>
  only === undefined ? except?.includes(link) !== true : only.includes(link);
