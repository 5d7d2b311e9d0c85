import { readFile } from "node:fs/promises";
import {
  type Command,
  type CommandInput,
  type CommandOption,
  given,
  PAGE_OPTIONS,
  queryOf,
  segment,
  text,
  texts,
  UsageError,
} from "../command.ts";
import { fields, table } from "../table.ts";

const SETTINGS = {
  tier: { type: "string", value: "TIER", help: "free, professional, enterprise or unlimited" },
  model: { type: "string", value: "MODEL", help: "the model that answers" },
  prompt: { type: "string", value: "TEXT", help: "the system prompt" },
  "prompt-file": { type: "string", value: "FILE", help: "a file that holds it" },
  set: {
    type: "string",
    multiple: true,
    value: "FIELD=JSON",
    help: "any other field, nested ones with dots: --set cache.exact=false",
  },
} as const satisfies Record<string, CommandOption>;

const NAME = { type: "string", value: "TEXT", help: "the name for people" } as const;

/** Tenants. */
export const TENANT_COMMANDS: readonly Command[] = [
  {
    name: "tenant create",
    summary: "make a tenant",
    arguments: ["tenant"],
    options: { name: NAME, ...SETTINGS },
    async request(input) {
      const id = input.arguments.tenant ?? "";
      const body = { id, name: text(input, "name") ?? id, ...(await settingsOf(input)) };
      return { method: "POST", path: "/tenants", body };
    },
    show: (tenant) => fields(tenant),
  },
  {
    name: "tenant list",
    summary: "list tenants",
    arguments: [],
    options: PAGE_OPTIONS,
    request: (input) => ({ method: "GET", path: "/tenants", query: queryOf(input, ["after", "limit"]) }),
    show: ({ tenants }: { tenants: Record<string, unknown>[] }) =>
      table(
        ["ID", "NAME", "TIER", "MODEL"],
        tenants.map(({ id, name, tier, model }) => [id, name, tier, model]),
      ),
  },
  {
    name: "tenant show",
    summary: "show a tenant",
    arguments: ["tenant"],
    options: {},
    request: (input) => ({ method: "GET", path: `/tenants/${segment(input, "tenant")}` }),
    show: (tenant) => fields(tenant),
  },
  {
    name: "tenant update",
    summary: "change a tenant",
    arguments: ["tenant"],
    options: {
      name: NAME,
      ...SETTINGS,
      "if-revision": { type: "string", value: "N", help: "only where nobody has changed it since" },
    },
    async request(input) {
      const body = given({ name: text(input, "name"), ...(await settingsOf(input)) });
      if (Object.keys(body).length === 0) throw new UsageError("say what to change");
      const revision = text(input, "if-revision");
      return {
        method: "PATCH",
        path: `/tenants/${segment(input, "tenant")}`,
        body,
        ...(revision === undefined ? {} : { ifMatch: `"${revision}"` }),
      };
    },
    show: (tenant) => fields(tenant),
  },
  {
    name: "tenant delete",
    summary: "delete a tenant with all its keys; its id is never given again",
    arguments: ["tenant"],
    options: { yes: { type: "boolean", help: "do it" } },
    request(input) {
      if (input.options.yes !== true) throw new UsageError("this cannot be undone: say --yes");
      return { method: "DELETE", path: `/tenants/${segment(input, "tenant")}` };
    },
    show: (_, input) => `deleted ${input.arguments.tenant}`,
  },
];

async function settingsOf(input: CommandInput): Promise<Record<string, unknown>> {
  const file = text(input, "prompt-file");
  const prompt = text(input, "prompt");
  if (file !== undefined && prompt !== undefined)
    throw new UsageError("say --prompt or --prompt-file, not both");
  const settings: Record<string, unknown> = given({
    tier: text(input, "tier"),
    model: text(input, "model"),
    systemPrompt: file === undefined ? prompt : await readPrompt(file),
  });
  for (const assignment of texts(input, "set")) assign(settings, assignment);
  return settings;
}

async function readPrompt(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
}

/** `limits.messagesPerMinute=5`; what is no JSON is text. */
function assign(settings: Record<string, unknown>, assignment: string): void {
  const match = /^([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)=(.*)$/s.exec(assignment);
  if (match === null) throw new UsageError(`--set ${assignment}: must be FIELD=JSON`);
  const path = (match[1] ?? "").split(".");
  const last = path.pop() ?? "";
  let place = settings;
  for (const name of path) {
    const inner = Object.hasOwn(place, name) ? place[name] : undefined;
    const next = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
    place[name] = next;
    place = next;
  }
  place[last] = parsed(match[2] ?? "");
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
