import { createServer } from "node:net";

/** A server could not listen. Its message is one line for the person who starts it. */
export class ListenError extends Error {
  /** The system's code, such as `EADDRINUSE`, where it is known. */
  readonly code: string | undefined;

  constructor(host: string, port: number, code: string | undefined, cause?: unknown) {
    super(describe(host, port, code), { cause });
    this.name = "ListenError";
    this.code = code;
  }
}

function describe(host: string, port: number, code: string | undefined): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is taken: stop what listens there, or choose another PORT`;
    case "EACCES":
      return `port ${port} on ${host} may not be opened by this user: choose a PORT above 1023`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine: choose another HOST`;
    default:
      return `port ${port} on ${host} cannot be opened${code === undefined ? "" : ` (${code})`}`;
  }
}

/** The system's code of an error, where it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Finds out why a port cannot be opened, for a library that does not say: tries once with Node's own server. */
export function whyNot(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error) => resolve(systemCode(error)));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
