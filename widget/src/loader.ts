import { embed } from "./embed.ts";
import type { PanelModule, Settings } from "./stage.ts";

/** File names under `{gateway}/widget/`, put in by the build. */
declare const __PANEL_CHUNK__: string;
declare const __ELEMENT_CHUNK__: string;

/** `window.Parlance`: ours, or a page's stand-in that keeps calls in `q` until we are here. */
interface Parlance {
  (...call: unknown[]): void;
  q?: Iterable<unknown>[];
}

/**
 * The script tag: `<script src="https://GATEWAY/widget.js" data-site-key="pk_…" async></script>`. The gateway is
 * where the script came from; every other `data-*` attribute is a setting, as `data-accent`. Without a site key it
 * defines `<parlance-chat>` and leaves the rest to that.
 */
function start(page: Window & { Parlance?: Parlance }, script: HTMLScriptElement | null): void {
  if (!script) return;
  const early = page.Parlance;
  const { siteKey, ...settings } = script.dataset as Record<string, string>;
  const gateway = script.src.replace(/\/[^/]*$/, "");
  const chunk = (file: string): Promise<unknown> => import(`${gateway}/widget/${file}`);
  if (!siteKey) {
    void chunk(__ELEMENT_CHUNK__);
    return;
  }
  // A second tag finds the first one's function, which has no queue.
  if (early && !early.q) return;
  const run = embed(
    {
      gateway,
      siteKey,
      settings: settings as Settings,
      load: (attempt) => chunk(__PANEL_CHUNK__ + (attempt > 0 ? `?${attempt}` : "")) as Promise<PanelModule>,
    },
    () => {
      delete page.Parlance;
    },
  ) as (...call: unknown[]) => void;
  page.Parlance = (...call) => run(...call);
  for (const call of early?.q ?? []) run(...call);
}

start(window, document.currentScript as HTMLScriptElement | null);
