import type { IncomingMessage } from "node:http";
import { BodyTooLarge, type HttpRequest } from "../../ports/socket-server.ts";
import { peerText } from "../sockets/peer-address.ts";

/** A request of `node:http` in the port's words. */
export function requestOf(incoming: IncomingMessage, gone: AbortSignal): HttpRequest {
  const address = incoming.url ?? "/";
  const mark = address.indexOf("?");
  let asked = false;
  return {
    method: (incoming.method ?? "GET").toUpperCase(),
    path: mark < 0 ? address : address.slice(0, mark),
    query: mark < 0 ? "" : address.slice(mark + 1),
    headers: headersOf(incoming),
    // Absent only where the peer is gone already.
    peer: peerText(incoming.socket.remoteAddress ?? ""),
    gone,
    body: (limit) => {
      if (asked) return Promise.reject(new Error("a body can be read once"));
      asked = true;
      return readBody(incoming, limit, gone);
    },
  };
}

/** From the raw list: Node's own object keeps only the first of some repeated names. */
function headersOf(incoming: IncomingMessage): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null);
  const raw = incoming.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    const former = headers[name];
    headers[name] = former === undefined ? value : `${former}, ${value}`;
  }
  return headers;
}

function readBody(incoming: IncomingMessage, limit: number, gone: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (): void => {
      incoming.off("data", take);
      incoming.off("end", deliver);
      gone.removeEventListener("abort", leave);
      chunks.length = 0;
      // What still comes must be read for the next request.
      incoming.resume();
    };
    const take = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limit) refuse();
      else chunks.push(chunk);
    };
    const deliver = (): void => {
      resolve(Buffer.concat(chunks, bytes));
      stop();
    };
    const refuse = (): void => {
      reject(new BodyTooLarge(limit));
      stop();
    };
    const leave = (): void => {
      reject(gone.reason);
      stop();
    };
    if (gone.aborted) {
      leave();
      return;
    }
    if (Number(incoming.headers["content-length"] ?? 0) > limit) {
      refuse();
      return;
    }
    gone.addEventListener("abort", leave);
    incoming.on("data", take);
    incoming.on("end", deliver);
  });
}
