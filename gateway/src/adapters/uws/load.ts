import type * as uws from "uWebSockets.js";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The library, with what its types leave out. */
export type Uws = typeof uws & {
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  /** Sets a switch of the library's. */
  _cfg?(key: string): void;
};

/** Most bytes of a request's head. */
const HEADER_BYTES = 16_384;

/** uWebSockets.js cannot load on this machine; the message is one line that says why. */
export class UwsUnavailable extends Error {
  constructor(cause: unknown) {
    super(`uWebSockets.js cannot load here: ${reason(cause)}`, { cause });
    this.name = "UwsUnavailable";
  }
}

/** The library's own error blames the version of Node; what the loader said comes in its last line. */
function reason(cause: unknown): string {
  const lines = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  const said = lines.filter(
    (line) => line.trim() !== "" && !line.startsWith("Require stack") && !/^- /.test(line),
  );
  return (said.at(-1) ?? "unknown").replace(/^(?:Error: )+/, "");
}

/**
 * Loads uWebSockets.js: the copy that set-up made for this system's C library where there is one, else the
 * package as it was installed. Under 5 ms; may be called again.
 *
 * @param binary path of the `.node` file; found by itself where absent
 * @throws {UwsUnavailable} where neither loads
 */
export function loadUws(binary: string | undefined = preparedBinary()): Uws {
  // The library's own default of 4 KiB is less than some identity providers' tokens take.
  // biome-ignore lint/style/noProcessEnv: written, not read: the library reads it once, while it loads
  process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= String(HEADER_BYTES);
  const require = createRequire(import.meta.url);
  try {
    const library: Uws = require(binary ?? "uWebSockets.js");
    // Keeps the library's name and version out of every answer.
    library._cfg?.("silent");
    return library;
  } catch (error) {
    throw new UwsUnavailable(error);
  }
}

/** Where set-up puts its copy: beside the installed packages, of this file or of the bundle it is in. */
function preparedBinary(): string | undefined {
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, "node_modules", ".parlance", "uwebsockets", name);
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}
