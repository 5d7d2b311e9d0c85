import { type Command, PAGE_OPTIONS, queryOf, segment, UsageError } from "../command.ts";
import { fields, printable, table } from "../table.ts";

type Shown = Record<string, unknown>;

interface UsageAnswer {
  readonly total: Shown;
  readonly usage: readonly Shown[];
}

interface ConversationAnswer {
  readonly messages: readonly { role: string; at: string; content: string; status?: string }[];
}

interface AuditAnswer {
  readonly entries: readonly {
    at: string;
    actor: { kind: string; name?: string; id?: string };
    action: string;
    target?: string;
    details?: Shown;
  }[];
}

/** What was used, said and done, and what users may ask for. */
export const REPORT_COMMANDS: readonly Command[] = [
  {
    name: "usage",
    summary: "messages, tokens, cost, cache hits and waste, by day and model",
    arguments: ["tenant"],
    options: {
      from: { type: "string", value: "DAY", help: "2026-11-01; 30 days ago where absent" },
      to: { type: "string", value: "DAY", help: "today where absent" },
    },
    request: (input) => ({
      method: "GET",
      path: `/tenants/${segment(input, "tenant")}/usage`,
      query: queryOf(input, ["from", "to"]),
    }),
    show: ({ usage, total }: UsageAnswer) =>
      table(
        ["DAY", "MODEL", "MESSAGES", "INPUT", "OUTPUT", "CACHED", "CACHE HITS", "COST (USD)", "WASTED"],
        [
          ...usage.map((row) => ["day" in row ? row.day : "", row.model, ...counts(row)]),
          ["total", "", ...counts(total)],
        ],
      ),
  },
  {
    name: "conversations",
    summary: "list conversations, latest first; reading is audited",
    arguments: ["tenant"],
    options: PAGE_OPTIONS,
    request: (input) => ({
      method: "GET",
      path: `/tenants/${segment(input, "tenant")}/conversations`,
      query: queryOf(input, ["after", "limit"]),
    }),
    show: ({ conversations }: { conversations: Shown[] }) =>
      table(
        ["ID", "USER", "CHANGED", "CLEARED", "TITLE"],
        conversations.map(({ id, user, at, clearedAt, title }) => [id, user, at, clearedAt, title]),
      ),
  },
  {
    name: "conversation",
    summary: "read a conversation; reading is audited",
    arguments: ["tenant", "conversation"],
    options: PAGE_OPTIONS,
    request: (input) => ({
      method: "GET",
      path: `/tenants/${segment(input, "tenant")}/conversations/${segment(input, "conversation")}`,
      query: queryOf(input, ["after", "limit"]),
    }),
    show: ({ messages }: ConversationAnswer) =>
      messages
        .map(({ role, at, content, status }) => {
          const heading = `${at}  ${role}${status === undefined ? "" : ` (${status})`}`;
          return `${heading}\n${content
            .split("\n")
            .map((line) => `  ${printable(line)}`)
            .join("\n")}`;
        })
        .join("\n\n"),
  },
  {
    name: "user export",
    summary: "everything held on a user, as JSON",
    arguments: ["tenant", "user"],
    options: {},
    request: (input) => ({
      method: "GET",
      path: `/tenants/${segment(input, "tenant")}/users/${segment(input, "user")}/export`,
    }),
    show: (answer) => JSON.stringify(answer, null, 2),
  },
  {
    name: "user erase",
    summary: "erase a user from every layer, and show the receipt",
    arguments: ["tenant", "user"],
    options: { yes: { type: "boolean", help: "do it" } },
    request(input) {
      if (input.options.yes !== true) throw new UsageError("this cannot be undone: say --yes");
      return {
        method: "DELETE",
        path: `/tenants/${segment(input, "tenant")}/users/${segment(input, "user")}`,
      };
    },
    show: (receipt) => fields(receipt),
  },
  {
    name: "audit",
    summary: "who did what, latest first",
    arguments: ["tenant"],
    options: PAGE_OPTIONS,
    request: (input) => ({
      method: "GET",
      path: `/tenants/${segment(input, "tenant")}/audit`,
      query: queryOf(input, ["after", "limit"]),
    }),
    show: ({ entries }: AuditAnswer) =>
      table(
        ["AT", "WHO", "DID", "TO", "DETAILS"],
        entries.map(({ at, actor, action, target, details }) => [
          at,
          actor.name ?? actor.id ?? actor.kind,
          action,
          target,
          details,
        ]),
      ),
  },
];

function counts(row: Shown): unknown[] {
  const { messages, inputTokens, outputTokens, cachedInputTokens, cacheHits, cost, wastedTokens } = row;
  const price = Number(cost).toFixed(6);
  return [messages, inputTokens, outputTokens, cachedInputTokens, cacheHits, price, wastedTokens];
}
