/** What one request gets. Durations in milliseconds; counts in tokens; undefined or false is "not at all". */
export interface Directives {
  /** Tokens of the answer; `max_tokens` cuts it. */
  readonly tokens: number;
  /** Tokens a second, on a schedule that starts with the first event. */
  readonly rate: number;
  /** The seed of the text. Without one, the last user message is the seed. */
  readonly seed?: number;
  /** Wait before the first event (or the failure). */
  readonly delay: number;
  /** Answer with this HTTP status instead. */
  readonly fail?: number;
  /** Answer with this HTTP status where an answer is to be gone on with. */
  readonly goOnFail?: number;
  /** Seconds in the failure's `retry-after` header. */
  readonly retryAfter?: number;
  /** Destroy the connection before any answer. */
  readonly reset: boolean;
  /** Destroy the connection after so many tokens. */
  readonly cutAfter?: number;
  /** End the body, as if all were well, after so many tokens and without `message_stop`. */
  readonly endAfter?: number;
  /** Send an `error` event after so many tokens, and end. */
  readonly errorAfter?: number;
  /** The type of that error. */
  readonly errorType: string;
  /** Send nothing more after so many tokens, and keep the connection. */
  readonly stallAfter?: number;
  /** Send nothing more after so many tokens until the simulator is told to go on. */
  readonly holdAfter?: number;
  /** Tokens a `content_block_delta` carries. */
  readonly chunk: number;
  /** Send every event in one write. */
  readonly burst: boolean;
  /** Send the events as pieces of at most so many bytes, one a millisecond, wherever that cuts. */
  readonly split?: number;
  /** Cut every surrogate pair in half, each half in a delta of its own. */
  readonly halves: boolean;
  /** Tokens of a thinking block before the text. */
  readonly thinking: number;
  /** The `stop_reason`, where it is not `end_turn`. */
  readonly stop?: string;
}

/** What requests get where nothing is said. */
export const DEFAULT_DIRECTIVES: Directives = {
  tokens: 120,
  rate: 80,
  delay: 0,
  reset: false,
  errorType: "overloaded_error",
  chunk: 1,
  burst: false,
  halves: false,
  thinking: 0,
};

const NUMBERS: Readonly<Record<string, keyof Directives>> = {
  tokens: "tokens",
  rate: "rate",
  seed: "seed",
  delay: "delay",
  fail: "fail",
  "go-on-fail": "goOnFail",
  "retry-after": "retryAfter",
  "cut-after": "cutAfter",
  "end-after": "endAfter",
  "error-after": "errorAfter",
  "stall-after": "stallAfter",
  "hold-after": "holdAfter",
  chunk: "chunk",
  split: "split",
  thinking: "thinking",
};
const FLAGS: Readonly<Record<string, keyof Directives>> = {
  reset: "reset",
  burst: "burst",
  halves: "halves",
};
const WORDS: Readonly<Record<string, keyof Directives>> = { stop: "stop", "error-type": "errorType" };

/**
 * Reads `key=value` pairs apart by blanks; a flag may stand alone. Throws a RangeError that names the pair it
 * does not understand, so that a misspelt directive is not a silent success.
 */
export function parseDirectives(text: string): Partial<Directives> {
  const found: Record<string, number | boolean | string> = {};
  for (const pair of text.split(/\s+/).filter((part) => part !== "")) {
    const [key = "", value] = pair.split("=", 2);
    const number = NUMBERS[key];
    const flag = FLAGS[key];
    const word = WORDS[key];
    if (number && value && Number.isFinite(Number(value)) && Number(value) >= 0)
      found[number] = Number(value);
    else if (flag) found[flag] = value !== "0" && value !== "false";
    else if (word && value) found[word] = value;
    else throw new RangeError(`unknown directive: ${pair}`);
  }
  return found as Partial<Directives>;
}

/** Reads every `[[sim …]]` in a text. */
export function directivesIn(text: string): Partial<Directives> {
  const found: Partial<Directives>[] = [];
  for (const [, inner] of text.matchAll(/\[\[sim\s+([^\]]*)\]\]/g)) found.push(parseDirectives(inner ?? ""));
  return Object.assign({}, ...found) as Partial<Directives>;
}
