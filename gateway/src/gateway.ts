import type { CHEAPEST_CLAUDE } from "./llm/models.ts";
import type { OutsideFetch } from "./ports/outside-fetch.ts";
import type { RegistryStore } from "./ports/registry-store.ts";
import type { Clock } from "./ports/system.ts";
import type { chooseSocketServer } from "./socket-servers.ts";
import type { Log } from "./telemetry/log.ts";

/** Where the build put what is served. */
export interface ServedDirectories {
  readonly widget: string;
  readonly demo: readonly string[];
}

/** What a gateway takes from its surroundings beside its configuration; tests may give their own. */
export interface Surroundings {
  readonly clock?: Clock;
  readonly outside?: OutsideFetch;
  readonly chooseSocketServer?: typeof chooseSocketServer;
}

/** A gateway that listens. */
export interface Gateway {
  readonly port: number;
  /** Where it listens, as a browser on this machine finds it. */
  readonly address: string;
  /** Where outsiders find it: `PUBLIC_URL`, or else the same. */
  readonly url: string;
  /** `uWebSockets.js` or `ws`, and why, where it is not the first choice. */
  readonly socketServer: { readonly name: string; readonly reason: string | null };
  /** The operator's key, where it was made just now. */
  readonly newAdminKey: string | null;
  /** Whether the demo tenant is there. */
  readonly demo: boolean;
  /** Which model answers tenants on the default model. */
  readonly answering: "simulator" | typeof CHEAPEST_CLAUDE;
  readonly registry: RegistryStore;
  readonly log: Log;
  /** Drains, then lets go of everything. Twice is once. */
  stop(): Promise<void>;
}

/** Where a browser on this machine finds what listens on a host and port. */
export function shownAddress(host: string, port: number): string {
  if (["0.0.0.0", "::", "127.0.0.1"].includes(host)) return `http://localhost:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
