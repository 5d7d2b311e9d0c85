import type * as uws from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import type { HttpRequest } from "../../ports/socket-server.ts";
import { type Answer, bodyLength } from "../sockets/answer.ts";
import { peerTextOfBytes } from "../sockets/peer-address.ts";
import { IncomingBody } from "./incoming-body.ts";

/**
 * One request and its one answer. The library's request lives only as long as the turn it came in, and its
 * response only until it is answered or the peer is gone: this copies the one and guards the other.
 */
export class Exchange {
  readonly request: HttpRequest;
  readonly #response: uws.HttpResponse;
  readonly #body: IncomingBody;
  readonly #gone = new AbortController();
  #open = true;

  /** To be made in the turn in which the request came. */
  constructor(response: uws.HttpResponse, incoming: uws.HttpRequest) {
    const headers = copyHeaders(incoming);
    const body = new IncomingBody(response, headers);
    const gone = this.#gone.signal;
    this.#response = response;
    this.#body = body;
    this.request = {
      method: incoming.getCaseSensitiveMethod().toUpperCase(),
      path: incoming.getUrl(),
      // Not typed so, but absent where the address has no `?`.
      query: incoming.getQuery() ?? "",
      headers,
      peer: peerTextOfBytes(response.getRemoteAddress()),
      gone,
      body: (limit) => body.read(limit, headers["content-length"], gone),
    };
    response.onAborted(() => {
      this.#open = false;
      this.#gone.abort();
      body.abort(gone.reason);
    });
  }

  /** Whether the peer is there and unanswered. */
  get open(): boolean {
    return this.#open;
  }

  /** Writes the answer, if there is still someone to read it. */
  reply(answer: Answer): void {
    if (!this.#open) return;
    this.#open = false;
    this.#body.release();
    const { status, headers, body } = answer;
    const response = this.#response;
    response.cork(() => {
      response.writeStatus(`${status} ${STATUS_CODES[status] ?? "Unnamed"}`);
      for (const [name, value] of headers) response.writeHeader(name, value);
      if (body === null) response.endWithoutBody();
      else if (this.request.method === "HEAD") response.endWithoutBody(bodyLength(body));
      else response.end(body);
    });
  }

  /** Turns the connection into a WebSocket; the library's `open` runs before this returns. */
  upgrade<Data>(data: Data, protocol: string | null, context: uws.us_socket_context_t): void {
    if (!this.#open) return;
    this.#open = false;
    const response = this.#response;
    const key = this.request.headers["sec-websocket-key"] ?? "";
    response.cork(() => response.upgrade(data, key, protocol ?? "", "", context));
  }
}

function copyHeaders(incoming: uws.HttpRequest): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null);
  incoming.forEach((name, value) => {
    const former = headers[name];
    headers[name] = former === undefined ? value : `${former}, ${value}`;
  });
  return headers;
}
