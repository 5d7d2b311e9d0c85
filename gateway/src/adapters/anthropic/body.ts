import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { IncomingResponse } from "./http-fetch.ts";

/** The body ended before its end. */
export class BodyCut extends Error {
  constructor(cause: unknown) {
    super("the body was cut", { cause });
    this.name = "BodyCut";
  }
}

/**
 * Reads a response's body to its end, and hands over each piece in the turn in which it was read. Rejects with
 * what `onBytes` throws, with {@link BodyCut}, or with the signal's reason in the turn in which it aborts;
 * in each case nothing is handed over any more and the connection is gone.
 */
export function readBody(
  response: Response,
  onBytes: (bytes: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const body = streamOf(response);
    const settle = (how: () => void): void => {
      signal.removeEventListener("abort", abort);
      body.off("data", take);
      how();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        body.destroy();
        reject(error);
      });
    const abort = (): void => fail(signal.reason);
    const take = (bytes: Uint8Array): void => {
      try {
        onBytes(bytes);
      } catch (error) {
        fail(error);
      }
    };
    if (signal.aborted) {
      abort();
      return;
    }
    if (body.destroyed) {
      fail(new BodyCut(body.errored));
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    body.on("end", () => settle(resolve));
    body.on("error", (error) => fail(new BodyCut(error)));
    body.on("close", () => fail(new BodyCut(undefined)));
    body.on("data", take);
  });
}

function streamOf(response: Response): Readable {
  if (response instanceof IncomingResponse) return response.incoming;
  return response.body ? Readable.fromWeb(response.body as ReadableStream) : Readable.from([]);
}
