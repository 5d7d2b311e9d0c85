import { type DestinationStream, destination, type Logger, pino } from "pino";
import { ModelError } from "../ports/model.ts";

/** The gateway's log: structured JSON on stderr. Ids and figures only; never contents, tokens or keys. */
export type Log = Logger;

/**
 * Makes the log. Errors are written by name, code and stack; messages of errors that come from outside the
 * gateway may quote contents and are left out.
 *
 * @param level pino's level
 * @param stream where to write; stderr where absent
 */
export function createLog(level: string, stream?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
    },
    stream ?? destination({ fd: 2, sync: false }),
  );
}

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
  return {
    name: error.name,
    ...(error instanceof ModelError ? { code: error.code } : "code" in error ? { code: error.code } : {}),
    stack: frames.join("\n"),
  };
}
