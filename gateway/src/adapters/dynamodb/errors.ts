/**
 * Why the table did not do what was asked: `busy`: it is throttled, or others write the same user without end;
 * `unreachable`: no answer came in time; `constraint`: an id is taken that had to be new; `failed`: anything else,
 * such as a missing table or right; `closed`: `close` was called before.
 */
export type DynamoDbErrorCode = "busy" | "unreachable" | "constraint" | "failed" | "closed";

/**
 * What every call of the DynamoDB adapters rejects with, after the retries there are. After `busy` and
 * `unreachable` it is not known whether a write was made: the same call again finds out.
 */
export class DynamoDbError extends Error {
  readonly code: DynamoDbErrorCode;

  constructor(code: DynamoDbErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "DynamoDbError";
    this.code = code;
  }
}

const BUSY = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "LimitExceededException",
]);
const UNREACHABLE = new Set([
  "TimeoutError",
  "NetworkingError",
  "InternalServerError",
  "ServiceUnavailable",
  "ServiceUnavailableException",
]);
/** What the client threw, in our words. */
export function toDynamoDbError(error: unknown, what: string): DynamoDbError {
  if (error instanceof DynamoDbError) return error;
  const { name, message, status } = described(error);
  return new DynamoDbError(kindOf(name, status), `${what}: ${name}: ${message}`, { cause: error });
}

/** Whether the client's error says that a condition did not hold. */
export function isConditionFailed(error: unknown): boolean {
  return described(error).name === "ConditionalCheckFailedException";
}

/** Whether the client's error says that a table is not there. */
export function isTableMissing(error: unknown): boolean {
  return described(error).name === "ResourceNotFoundException";
}

/** Whether the client's error says that a table is there already. */
export function isTableThere(error: unknown): boolean {
  return described(error).name === "ResourceInUseException";
}

function kindOf(name: string, status: number | undefined): DynamoDbErrorCode {
  if (BUSY.has(name)) return "busy";
  if (UNREACHABLE.has(name) || (status !== undefined && status >= 500)) return "unreachable";
  // An error of no kind of its own, that came with no answer, is the network's.
  return name === "Error" && status === undefined ? "unreachable" : "failed";
}

/** Errors are told by their fields: those of the client are of classes that are loaded with it. */
function described(error: unknown): { name: string; message: string; status: number | undefined } {
  if (typeof error !== "object" || error === null) {
    return { name: "unknown", message: String(error), status: undefined };
  }
  const { name, message, $metadata } = error as {
    name?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  return { name: String(name), message: String(message), status: $metadata?.httpStatusCode };
}
