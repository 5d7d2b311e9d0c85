import type { HttpResponse } from "uWebSockets.js";
import { BodyTooLarge } from "../../ports/socket-server.ts";

/** Bytes kept for a handler that has not yet asked for the body; beyond them reading stops until it does. */
const UNREAD_BYTES = 65_536;

/** Who waits for the body. */
interface Reader {
  readonly limit: number;
  resolve(body: Uint8Array): void;
  reject(error: unknown): void;
}

/**
 * The body of a request. uWebSockets.js hands it out from the moment the request is there, asked for or not,
 * so it is caught from the start and held for the reader within a bound.
 */
export class IncomingBody {
  readonly #response: HttpResponse;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #complete = false;
  #asked = false;
  #reader: Reader | null = null;
  #paused = false;
  /** What follows is read and forgotten. */
  #discarding = false;

  /** To be made in the turn in which the request came. */
  constructor(response: HttpResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    if ((headers["content-length"] ?? "0") === "0" && headers["transfer-encoding"] === undefined) {
      this.#complete = true;
    } else {
      response.onData((chunk, isLast) => this.#take(chunk, isLast));
    }
  }

  /**
   * Reads it all; once.
   *
   * @param declared the request's `Content-Length`, by which a body that is too long is refused unread
   */
  read(limit: number, declared: string | undefined, gone: AbortSignal): Promise<Uint8Array> {
    if (this.#asked) return Promise.reject(new Error("a body can be read once"));
    this.#asked = true;
    if (gone.aborted) return Promise.reject(gone.reason);
    return new Promise((resolve, reject) => {
      this.#reader = { limit, resolve, reject };
      if (this.#bytes > limit || Number(declared ?? 0) > limit) this.#refuse(this.#reader);
      else if (this.#complete) this.#deliver(this.#reader);
      this.#resume();
    });
  }

  /** The answer is written: what still comes is of no interest, but must be read for the next request. */
  release(): void {
    this.#forget();
    this.#resume();
  }

  /** The peer is gone. */
  abort(reason: unknown): void {
    this.#forget();
    this.#reader?.reject(reason);
    this.#reader = null;
  }

  #take(chunk: ArrayBuffer, isLast: boolean): void {
    this.#complete ||= isLast;
    if (this.#discarding) return;
    this.#bytes += chunk.byteLength;
    const reader = this.#reader;
    if (reader !== null && this.#bytes > reader.limit) {
      this.#refuse(reader);
      return;
    }
    // The library takes the memory back when this returns.
    if (chunk.byteLength > 0) this.#chunks.push(new Uint8Array(chunk.slice(0)));
    if (reader === null) this.#holdBack();
    else if (isLast) this.#deliver(reader);
  }

  #deliver(reader: Reader): void {
    const body = Buffer.concat(this.#chunks, this.#bytes);
    this.#reader = null;
    this.#forget();
    reader.resolve(body);
  }

  #refuse(reader: Reader): void {
    this.#reader = null;
    this.#forget();
    reader.reject(new BodyTooLarge(reader.limit));
  }

  #forget(): void {
    this.#discarding = true;
    this.#chunks = [];
  }

  #holdBack(): void {
    if (this.#paused || this.#complete || this.#bytes <= UNREAD_BYTES) return;
    this.#paused = true;
    this.#response.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#response.resume();
  }
}
