import type { AuditEntry, AuditPage } from "../../../ports/audit-log.ts";
import type { SiteKeyDay, UsageRow } from "../../../ports/usage-store.ts";
import type { Connection } from "../connection.ts";

/** {@link TenantAuditLog.append}. */
export function appendAudit(
  connection: Connection,
  { tenant, entry }: { tenant: string; entry: AuditEntry },
): void {
  connection.run(
    "INSERT INTO audit (tenant, id, entry) VALUES (?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING",
    tenant,
    entry.id,
    JSON.stringify(entry),
  );
}

/** {@link TenantAuditLog.read}. */
export function readAudit(
  connection: Connection,
  { tenant, before, limit }: { tenant: string; before?: string; limit: number },
): AuditPage {
  const rows = connection.all<{ entry: string }>(
    "SELECT entry FROM audit WHERE tenant = ? AND id < ? ORDER BY id DESC LIMIT ?",
    tenant,
    before ?? "\u{10ffff}",
    limit + 1,
  );
  const entries = rows.slice(0, limit).map(({ entry }) => JSON.parse(entry) as AuditEntry);
  return { entries, next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null };
}

/** {@link TenantUsage.add}. */
export function addUsage(connection: Connection, { tenant, row }: { tenant: string; row: UsageRow }): void {
  connection.run(
    `INSERT INTO usage
       (tenant, day, model, messages, input_tokens, output_tokens, cached_input_tokens, cost, cache_hits,
        wasted_tokens, wasted_cost)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, day, model) DO UPDATE SET
       messages = messages + excluded.messages,
       input_tokens = input_tokens + excluded.input_tokens,
       output_tokens = output_tokens + excluded.output_tokens,
       cached_input_tokens = cached_input_tokens + excluded.cached_input_tokens,
       cost = cost + excluded.cost,
       cache_hits = cache_hits + excluded.cache_hits,
       wasted_tokens = wasted_tokens + excluded.wasted_tokens,
       wasted_cost = wasted_cost + excluded.wasted_cost`,
    tenant,
    row.day,
    row.model,
    row.messages,
    row.inputTokens,
    row.outputTokens,
    row.cachedInputTokens,
    row.cost,
    row.cacheHits,
    row.wastedTokens,
    row.wastedCost,
  );
}

/** {@link TenantUsage.read}. */
export function readUsage(
  connection: Connection,
  { tenant, from, to }: { tenant: string; from: string; to: string },
): readonly UsageRow[] {
  return connection
    .all<UsageRow>(
      `SELECT day, model, messages, input_tokens AS inputTokens, output_tokens AS outputTokens,
         cached_input_tokens AS cachedInputTokens, cost, cache_hits AS cacheHits,
         wasted_tokens AS wastedTokens, wasted_cost AS wastedCost
       FROM usage WHERE tenant = ? AND day >= ? AND day <= ? ORDER BY day, model`,
      tenant,
      from,
      to,
    )
    .map((row) => ({ ...row }));
}

/** {@link TenantUsage.addOfSiteKey}. */
export function addSiteKeyUsage(
  connection: Connection,
  { tenant, siteKey, day, tokens }: SiteKeyDay & { tenant: string; tokens: number },
): void {
  connection.run(
    `INSERT INTO site_key_usage (tenant, site_key, day, tokens) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, site_key, day) DO UPDATE SET tokens = tokens + excluded.tokens`,
    tenant,
    siteKey,
    day,
    tokens,
  );
}

/** {@link TenantUsage.ofSiteKey}. */
export function siteKeyUsage(
  connection: Connection,
  { tenant, siteKey, day }: SiteKeyDay & { tenant: string },
): number {
  const row = connection.get<{ tokens: number }>(
    "SELECT tokens FROM site_key_usage WHERE tenant = ? AND site_key = ? AND day = ?",
    tenant,
    siteKey,
    day,
  );
  return row?.tokens ?? 0;
}
