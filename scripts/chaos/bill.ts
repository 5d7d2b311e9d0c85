import type { Ledger } from "./ledger.ts";

/** Milliseconds of a day. */
const DAY = 24 * 60 * 60 * 1_000;

/** What is counted of answers. */
interface Totals {
  messages: number;
  inputTokens: number;
  outputTokens: number;
}
const NAMES = ["messages", "inputTokens", "outputTokens"] as const;

/** What the tenant is billed in all, as the admin API says it. */
export async function billed(gateway: string, tenant: string, operatorKey: string): Promise<Totals> {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const range = `from=${day(Date.now() - DAY)}&to=${day(Date.now())}`;
  const response = await fetch(`${gateway}/admin/api/tenants/${tenant}/usage?${range}`, {
    headers: { authorization: `Bearer ${operatorKey}` },
  });
  if (!response.ok) throw new Error(`no usage: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { total: Totals }).total;
}

/**
 * What is wrong with a bill: it is the sum over the answers that stand, each once.
 *
 * @param mayLack whether an answer was ended just when its instance was killed, which may not have come to book it
 */
export function checkBill(
  bill: Totals,
  ledgers: readonly Ledger[],
  mayLack: (reply: string) => boolean,
): string[] {
  const most: Totals = { messages: 0, inputTokens: 0, outputTokens: 0 };
  const least = { ...most };
  for (const ledger of ledgers) {
    for (const question of ledger.questions.values()) {
      const done = ledger.endOf(question);
      // One that was stopped while it waited took nothing.
      if (done === null || done.model === "") continue;
      for (const sum of mayLack(done.reply) ? [most] : [most, least]) {
        sum.messages++;
        sum.inputTokens += done.usage.inputTokens;
        sum.outputTokens += done.usage.outputTokens;
      }
    }
  }
  return NAMES.filter((name) => bill[name] < least[name] || bill[name] > most[name]).map(
    (name) => `billed ${bill[name]} ${name}, where answers took ${least[name]} to ${most[name]}`,
  );
}
