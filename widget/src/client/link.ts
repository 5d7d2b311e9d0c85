import type { ClientFrame, ServerFrame } from "@parlance/protocol";
import { BEARER_PREFIX, PROTOCOL } from "@parlance/protocol/constants";
import type { Scope } from "./scope.ts";
import type { ClientEnvironment } from "./types.ts";

/** One socket, from its opening to its end. */
export interface Link {
  /** False where the socket is not open: nothing was sent then. */
  send(frame: ClientFrame): boolean;
  /** Ends it without a further word to its listeners. */
  close(): void;
  /** Gives it up as dead: like `close`, but told to `onClose` as 1006. */
  abandon(): void;
}

/** What a socket tells. */
export interface LinkEvents {
  onFrame(frame: ServerFrame): void;
  /** Once; `opened` is false where the upgrade was refused or never reached the gateway. */
  onClose(event: { code: number; reason: string; opened: boolean }): void;
}

/** How long, in milliseconds, a socket may take from its making to its first frame. */
export const FIRST_FRAME_MS = 15_000;

/** Opens a socket with the token in its subprotocols. */
export function openLink(
  {
    environment,
    scope,
    url,
    token,
  }: { environment: ClientEnvironment; scope: Scope; url: string; token: string },
  { onFrame, onClose }: LinkEvents,
): Link {
  const socket = new environment.WebSocket(url, [PROTOCOL, BEARER_PREFIX + token]);
  let opened = false;
  const release = scope.own(() => {
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  });
  const end = (): void => {
    cancelDeadline();
    release();
  };
  const abandon = (): void => {
    end();
    onClose({ code: 1006, reason: "", opened });
  };
  const cancelDeadline = scope.after(FIRST_FRAME_MS, abandon);
  socket.onopen = () => {
    opened = true;
  };
  socket.onmessage = ({ data }) => {
    cancelDeadline();
    const frame = parse(data);
    if (frame !== null) onFrame(frame);
  };
  socket.onclose = ({ code, reason }) => {
    end();
    onClose({ code, reason, opened });
  };
  return {
    send(frame) {
      const isOpen = socket.readyState === 1;
      if (isOpen) socket.send(JSON.stringify(frame));
      return isOpen;
    },
    close: end,
    abandon,
  };
}

function parse(data: unknown): ServerFrame | null {
  try {
    const value: unknown = JSON.parse(String(data));
    return typeof value === "object" && value !== null ? (value as ServerFrame) : null;
  } catch {
    // Not of this protocol: ignored as an unknown type would be.
    return null;
  }
}
