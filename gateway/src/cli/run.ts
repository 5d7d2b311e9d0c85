import { parseArgs } from "node:util";
import { ask, Refusal } from "./api.ts";
import { type Command, type CommandInput, UsageError } from "./command.ts";
import { KEY_COMMANDS } from "./commands/keys.ts";
import { REPORT_COMMANDS } from "./commands/reports.ts";
import { TENANT_COMMANDS } from "./commands/tenants.ts";
import { commandHelp, overview } from "./help.ts";

/** Everything that the command line can do. */
export const COMMANDS: readonly Command[] = [...TENANT_COMMANDS, ...KEY_COMMANDS, ...REPORT_COMMANDS];
const DEFAULT_URL = "http://localhost:8080";

/** What the command runs in. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  err(text: string): void;
}

/**
 * Runs one command.
 *
 * @returns the exit code: 0 done, 1 refused or not reachable, 2 not understood
 */
export async function run({ args, environment, out, err }: Surroundings): Promise<number> {
  try {
    const command = commandOf(args);
    if (command === null) {
      out(`${overview(COMMANDS)}\n`);
      return args.length === 0 ? 2 : 0;
    }
    const { input, json, help } = read(command, args.slice(command.name.split(" ").length));
    if (help) {
      out(`${commandHelp(command)}\n`);
      return 0;
    }
    const request = await command.request(input);
    const key = environment.PARLANCE_ADMIN_KEY;
    if (key === undefined || key === "") {
      throw new UsageError("set PARLANCE_ADMIN_KEY to the operator's key or a tenant's ak_ key");
    }
    const url = (environment.PARLANCE_URL ?? DEFAULT_URL).replace(/\/+$/, "");
    const { value } = await ask(request, { url, key });
    if (json) out(`${JSON.stringify(value ?? {}, null, 2)}\n`);
    else out(`${command.show(value, input)}\n`);
    const next = (value as { next?: unknown } | null)?.next;
    if (!json && typeof next === "string") err(`more: --after ${next}\n`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      err(`parlance: ${error.message}\n`);
      return 2;
    }
    if (error instanceof Refusal) {
      err(`parlance: ${error.message} (${error.code})\n`);
      return 1;
    }
    throw error;
  }
}

/** The command that the first words name; null where help is asked for. */
function commandOf(args: readonly string[]): Command | null {
  const [first, second] = args;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") return null;
  const command = COMMANDS.find(({ name }) => name === `${first} ${second}` || name === first);
  if (command !== undefined) return command;
  const near = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  throw new UsageError(
    near.length > 0 ? `say one of: ${near.join(", ")}` : `there is no command ${first}; see parlance --help`,
  );
}

function read(
  command: Command,
  args: readonly string[],
): { input: CommandInput; json: boolean; help: boolean } {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...options, json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message);
  }
  const { json, help, ...values } = parsed.values;
  const given = parsed.positionals;
  if (help !== true && given.length !== command.arguments.length) {
    throw new UsageError(
      `usage: parlance ${[command.name, ...command.arguments.map((name) => `<${name}>`)].join(" ")}`,
    );
  }
  return {
    input: {
      arguments: Object.fromEntries(command.arguments.map((name, index) => [name, given[index] ?? ""])),
      options: values as CommandInput["options"],
    },
    json: json === true,
    help: help === true,
  };
}
