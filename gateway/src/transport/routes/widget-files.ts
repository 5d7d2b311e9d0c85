import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";
import { problem } from "../responses.ts";
import type { Route } from "./route.ts";

const SCRIPT = "text/javascript; charset=utf-8";
/** How long a page may keep the loader without asking, seconds. */
const LOADER_CACHE_SECONDS = 300;

interface ServedFile {
  readonly plain: Buffer;
  readonly brotli: Buffer | null;
  readonly gzip: Buffer | null;
  readonly etag: string;
}

/**
 * `/widget.js`, the loader, and its chunks, as the build left them with their compressed forms. They are read
 * once. Where they are missing, the answer says so.
 *
 * @param directory the widget's build
 */
export async function widgetFileRoutes(directory: string): Promise<Route[]> {
  const loader = await readServed(join(directory, "widget.js"));
  const chunks = new Map<string, ServedFile>();
  for (const name of await listScripts(join(directory, "chunks"))) {
    const file = await readServed(join(directory, "chunks", name));
    if (file !== null) chunks.set(name, file);
  }
  return [
    {
      method: "GET",
      path: "/widget.js",
      handle: (request) => serve(request, loader, `public, max-age=${LOADER_CACHE_SECONDS}`),
    },
    {
      method: "GET",
      path: "/widget/:file",
      handle: (request, { file = "" }) =>
        serve(request, chunks.get(file) ?? null, "public, max-age=31536000, immutable"),
    },
  ];
}

async function listScripts(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(".js"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function readServed(path: string): Promise<ServedFile | null> {
  const plain = await readOptional(path);
  if (plain === null) return null;
  return {
    plain,
    brotli: await readOptional(`${path}.br`),
    gzip: await readOptional(`${path}.gz`),
    etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
  };
}

async function readOptional(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function serve(request: HttpRequest, file: ServedFile | null, cacheControl: string): HttpResponse {
  if (file === null) return problem(404, "NOT_FOUND", "there is no such file in this build of the widget");
  const headers = {
    "content-type": SCRIPT,
    "cache-control": cacheControl,
    etag: file.etag,
    vary: "Accept-Encoding",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
  };
  if (request.headers["if-none-match"]?.split(/\s*,\s*/).includes(file.etag)) return { status: 304, headers };
  const accepted = request.headers["accept-encoding"] ?? "";
  if (file.brotli !== null && /\bbr\b/.test(accepted)) {
    return { status: 200, headers: { ...headers, "content-encoding": "br" }, body: file.brotli };
  }
  if (file.gzip !== null && /\bgzip\b/.test(accepted)) {
    return { status: 200, headers: { ...headers, "content-encoding": "gzip" }, body: file.gzip };
  }
  return { status: 200, headers, body: file.plain };
}
