import type { Command } from "./command.ts";
import { columns } from "./table.ts";

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  const lines = commands.map((command) => [`  ${usage(command)}`, command.summary]);
  return [
    "parlance: the admin API of a Parlance gateway from a shell",
    "",
    columns(lines),
    "",
    "  --json          the API's answer as it is",
    "  --help          of a command: its options",
    "",
    "  PARLANCE_URL        where the gateway is; http://localhost:8080 where unset",
    "  PARLANCE_ADMIN_KEY  the operator's key, or a tenant's ak_ key",
    "",
    "exit code: 0 done, 1 refused or not reachable, 2 not understood",
  ].join("\n");
}

/** One command with its options. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, help, multiple }]) => [
    `  --${name}${value === undefined ? "" : ` ${value}`}`,
    multiple === true ? `${help} (may be repeated)` : help,
  ]);
  return [
    `parlance ${usage(command)}: ${command.summary}`,
    ...(options.length === 0 ? [] : ["", columns(options)]),
  ].join("\n");
}

function usage({ name, arguments: names }: Command): string {
  return [name, ...names.map((each) => `<${each}>`)].join(" ");
}
