import type { ClientEnvironment, TabsEnvironment } from "./types.ts";

function defaultStorage(): ClientEnvironment["storage"] {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    // Browsers throw at the mere mention of it where storage is forbidden: that is "keeps nothing".
    return null;
  }
}

function onWake(callback: () => void): () => void {
  const page = globalThis.document;
  const visible = (): void => {
    if (page?.visibilityState === "visible") callback();
  };
  const events = ["online", "offline", "pageshow"];
  for (const name of events) globalThis.addEventListener?.(name, callback);
  page?.addEventListener("visibilitychange", visible);
  return () => {
    for (const name of events) globalThis.removeEventListener?.(name, callback);
    page?.removeEventListener("visibilitychange", visible);
  };
}

function onLeave(callback: () => void): () => void {
  const page = globalThis.document;
  globalThis.addEventListener?.("pagehide", callback);
  page?.addEventListener("freeze", callback);
  return () => {
    globalThis.removeEventListener?.("pagehide", callback);
    page?.removeEventListener("freeze", callback);
  };
}

function defaultTabs(): TabsEnvironment | null {
  const { navigator, document: page, BroadcastChannel: Channel } = globalThis;
  if (page === undefined || navigator?.locks === undefined || Channel === undefined) return null;
  return {
    locks: navigator.locks,
    openChannel(name, onMessage) {
      const channel = new Channel(name);
      channel.onmessage = ({ data }) => onMessage(data);
      return {
        post: (message) => channel.postMessage(message),
        close: () => channel.close(),
      };
    },
    isVisible: () => page.visibilityState === "visible",
    onVisibility(callback) {
      page.addEventListener("visibilitychange", callback);
      return () => page.removeEventListener("visibilitychange", callback);
    },
    load: () => import("./sharing/member.ts"),
  };
}

/**
 * The surroundings a client runs in: the browser's or Node's own, with what the caller gives in their place.
 * Nothing global is touched before this is called, so that the module may load anywhere.
 */
export function createEnvironment(given: Partial<ClientEnvironment> = {}): ClientEnvironment {
  return {
    WebSocket: globalThis.WebSocket,
    fetch: (input, init) => globalThis.fetch(input, init),
    storage: defaultStorage(),
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (callback, milliseconds) => globalThis.setTimeout(callback, milliseconds),
    clearTimeout: (timer) => globalThis.clearTimeout(timer as number),
    onWake,
    onLeave,
    tabs: defaultTabs(),
    ...given,
  };
}
