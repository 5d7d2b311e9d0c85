import http, { type IncomingMessage } from "node:http";
import https from "node:https";

/** A `fetch`, as far as the SDK needs one. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Longest body of an error that is read; Anthropic's are a few hundred bytes. */
const LONGEST_ERROR = 65_536;

/** No connection, or it broke before an answer came. */
export class ConnectionFailed extends Error {
  /** Node's name for what happened (`ECONNREFUSED`). */
  readonly code: string;

  constructor(cause: NodeJS.ErrnoException) {
    const code = cause.code ?? "unknown";
    super(`no connection: ${code}`, { cause });
    this.name = "ConnectionFailed";
    this.code = code;
  }
}

/** A response whose body is read from Node's own stream, which `body` does not show. */
export class IncomingResponse extends Response {
  readonly incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    super(null, { status: incoming.statusCode ?? 0, headers: headersOf(incoming) });
    this.incoming = incoming;
    // Until someone reads, nobody else listens, and an unheard error would end the process; `errored` keeps it.
    incoming.on("error", () => undefined);
  }
}

/**
 * A `fetch` on `node:http`, for streams: web streams cost more than twice as much for each small chunk.
 * Follows no redirects, asks for no compression. Connections are kept alive, and idle ones keep no process up.
 */
export function createHttpFetch(): Fetch {
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const { signal } = init;
      const options = {
        method: init.method ?? "GET",
        headers: Object.fromEntries(new Headers(init.headers)),
      };
      let answered = false;
      const send = (): void => {
        signal?.throwIfAborted();
        const request =
          url.protocol === "https:"
            ? https.request(url, { ...options, agent: agents.https })
            : http.request(url, { ...options, agent: agents.http });
        const abort = (): void => void request.destroy();
        signal?.addEventListener("abort", abort, { once: true });
        request.on("close", () => signal?.removeEventListener("abort", abort));
        request.on("response", (incoming) => {
          answered = true;
          resolve(toResponse(incoming));
        });
        request.on("error", (error: NodeJS.ErrnoException) => {
          // A kept connection that the peer had closed: the request was not read, so another connection takes it.
          const stale = request.reusedSocket && error.code === "ECONNRESET" && !answered;
          if (stale && !signal?.aborted) send();
          else reject(new ConnectionFailed(error));
        });
        request.end(typeof init.body === "string" ? init.body : undefined);
      };
      send();
    });
}

/** A stream where all is well; where it isn't, a plain response, whose few bytes the SDK reads. */
async function toResponse(incoming: IncomingMessage): Promise<Response> {
  const response = new IncomingResponse(incoming);
  if (response.ok) return response;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_ERROR) break;
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
}

function headersOf(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
