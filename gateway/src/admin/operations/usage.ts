import { z } from "zod";
import { NOTHING_USED, type UsageCounts, type UsageRow } from "../../ports/usage-store.ts";
import { type Operation, tenantOperation } from "../operation.ts";
import { Refused } from "../responses.ts";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
/** Days that a range has where it does not say, and at most. */
const USUAL_DAYS = 30;
const MOST_DAYS = 400;

const Day = z.union([
  z.iso.date(),
  z.iso.datetime({ offset: true }).transform((moment) => new Date(moment).toISOString().slice(0, 10)),
]);
const Counts = {
  messages: z.number().describe("replies that ended"),
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedInputTokens: z.number().describe("of `inputTokens`: read from the provider's prompt cache"),
  tokens: z.number().describe("input and output together"),
  cost: z.number().describe("USD, at the prices of that moment"),
  cacheHits: z.number().describe("replies that came from an answer cache"),
  wastedTokens: z
    .number()
    .describe("of attempts that were lost with the instance that made them: an estimate, on no budget"),
  wastedCost: z.number().describe("USD, of those; not part of `cost`"),
};

/** What a tenant used. */
export const USAGE_OPERATIONS: readonly Operation[] = [
  tenantOperation({
    id: "readUsage",
    method: "GET",
    path: "/tenants/:tenant/usage",
    summary: "Messages, tokens, cost, cache hits and waste, by day and model",
    description:
      "Days are UTC, both ends included; the last 30 where no range is given. The operator may read it also after the tenant was deleted.",
    access: "viewer",
    outlivesTenant: true,
    query: z.strictObject({ from: Day.exactOptional(), to: Day.exactOptional() }),
    status: 200,
    response: z.object({
      from: z.iso.date(),
      to: z.iso.date(),
      total: z.object(Counts),
      usage: z.array(z.object({ day: z.iso.date(), model: z.string(), ...Counts })),
    }),
    async handle({ tenantId, query, services: { usage, registry, clock } }) {
      const to = query.to ?? dayOf(clock.now());
      const from = query.from ?? dayOf(Date.parse(to) - (USUAL_DAYS - 1) * DAY_MILLISECONDS);
      const days = (Date.parse(to) - Date.parse(from)) / DAY_MILLISECONDS + 1;
      if (days < 1) throw new Refused("INVALID_FRAME", "`from`: must not be after `to`");
      if (days > MOST_DAYS) throw new Refused("INVALID_FRAME", `\`from\`: at most ${MOST_DAYS} days at once`);
      const rows = await usage.forTenant(tenantId).read({ from, to });
      if (rows.length === 0 && (await registry.tenant(tenantId)) === null)
        throw new Refused("NOT_FOUND", "there is no such tenant");
      return {
        value: {
          from,
          to,
          total: shown(rows.reduce(sum, NOTHING_USED)),
          usage: rows.map((row) => ({ day: row.day, model: row.model, ...shown(row) })),
        },
      };
    },
  }),
];

function sum(one: UsageCounts, other: UsageRow): UsageCounts {
  return {
    messages: one.messages + other.messages,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cachedInputTokens: one.cachedInputTokens + other.cachedInputTokens,
    cost: one.cost + other.cost,
    cacheHits: one.cacheHits + other.cacheHits,
    wastedTokens: one.wastedTokens + other.wastedTokens,
    wastedCost: one.wastedCost + other.wastedCost,
  };
}

function shown(counts: UsageCounts) {
  const { messages, inputTokens, outputTokens, cachedInputTokens, cost, cacheHits } = counts;
  const { wastedTokens, wastedCost } = counts;
  const tokens = inputTokens + outputTokens;
  const used = { messages, inputTokens, outputTokens, cachedInputTokens, tokens, cost, cacheHits };
  return { ...used, wastedTokens, wastedCost };
}

function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
