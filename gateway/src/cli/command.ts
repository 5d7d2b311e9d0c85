/** An option of a command, as `node:util` parses it. */
export interface CommandOption {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  /** For people: what its value is, and what it does. */
  readonly value?: string;
  readonly help: string;
}

/** What was given to a command. */
export interface CommandInput {
  /** Positional arguments by name. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
}

/** What a command asks of the API. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Under `/admin/api`, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly ifMatch?: string;
}

/** One thing the command line can do. */
export interface Command {
  /** One or two words. */
  readonly name: string;
  readonly summary: string;
  /** Names of positional arguments, all required. */
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** @throws {@link UsageError} where what was given makes no request */
  request(input: CommandInput): Promise<ApiRequest> | ApiRequest;
  /** The answer for people. */
  // biome-ignore lint/suspicious/noExplicitAny: the API's own document says what an answer holds
  show(answer: any, input: CommandInput): string;
}

/** The command line was not understood: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** A text option, or undefined. */
export function text(input: CommandInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === "string" ? value : undefined;
}

/** A text option that may be given several times. */
export function texts(input: CommandInput, name: string): readonly string[] {
  const value = input.options[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** A whole number, or undefined. */
export function wholeNumber(input: CommandInput, name: string): number | undefined {
  const value = text(input, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new UsageError(`--${name} must be a whole number`);
  return Number(value);
}

/** A positional argument as a segment of a path. */
export function segment(input: CommandInput, name: string): string {
  return encodeURIComponent(input.arguments[name] ?? "");
}

/** The query of options that were given. */
export function queryOf(input: CommandInput, names: readonly string[]): Record<string, string> {
  const given = names.map((name) => [name, text(input, name)] as const);
  return Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** An object without what is undefined. */
export function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Options of every list. */
export const PAGE_OPTIONS = {
  after: { type: "string", value: "CURSOR", help: "go on where the last page ended" },
  limit: { type: "string", value: "N", help: "at most so many, 1 to 100" },
} as const satisfies Record<string, CommandOption>;
