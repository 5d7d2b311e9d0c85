import type { Settings } from "./stage.ts";

/**
 * Reads what the site's owner set at the gateway. Public and cacheable: it mints nothing and says nothing of the
 * visitor. Empty where the gateway can't be reached: the panel then says so itself.
 */
export async function readSiteSettings(
  gateway: string,
  siteKey: string,
  signal: AbortSignal,
): Promise<Settings> {
  try {
    const answer = await fetch(`${gateway}/v1/sites/${encodeURIComponent(siteKey)}`, {
      credentials: "omit",
      signal,
    });
    const body = (await answer.json()) as { settings?: Settings };
    return body.settings ?? {};
  } catch {
    // Without the site's look the panel has its own; whether the gateway is away, the connection tells.
    return {};
  }
}
