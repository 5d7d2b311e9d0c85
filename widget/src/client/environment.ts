import type { ClientEnvironment } from "./types.ts";

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
  const events = ["online", "offline"];
  for (const name of events) globalThis.addEventListener?.(name, callback);
  page?.addEventListener("visibilitychange", visible);
  return () => {
    for (const name of events) globalThis.removeEventListener?.(name, callback);
    page?.removeEventListener("visibilitychange", visible);
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
    ...given,
  };
}
