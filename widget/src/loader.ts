import { embed } from "./embed.ts";
import type { PanelModule, Settings } from "./stage.ts";

/** The panel's file name under `{gateway}/widget/`, put in by the build. */
declare const __PANEL_CHUNK__: string;

/** `window.Parlance`: ours, or a page's stand-in that keeps calls in `q` until we are here. */
interface Parlance {
  (...call: unknown[]): void;
  q?: ArrayLike<unknown>[];
}

/**
 * The script tag: `<script src="https://GATEWAY/widget.js" data-site-key="pk_…" async></script>`. The gateway is
 * where the script came from; every other `data-*` attribute is a setting, as `data-accent`.
 */
function start(page: Window & { Parlance?: Parlance }, script: HTMLScriptElement | null): void {
  const early = page.Parlance;
  const siteKey = script?.dataset.siteKey;
  // A second tag finds the first one's function, which has no queue.
  if (!script || !siteKey || (early && !early.q)) return;
  const gateway = script.src.replace(/\/[^/]*$/, "");
  const { siteKey: _key, ...settings } = script.dataset as Record<string, string>;
  const run = embed(
    {
      gateway,
      siteKey,
      settings: settings as Settings,
      load: (attempt) =>
        import(
          `${gateway}/widget/${__PANEL_CHUNK__}${attempt > 0 ? `?${attempt}` : ""}`
        ) as Promise<PanelModule>,
    },
    () => {
      delete page.Parlance;
    },
  ) as (...call: unknown[]) => void;
  page.Parlance = (...call) => run(...call);
  for (const call of early?.q ?? []) run(...Array.from(call));
}

start(window, document.currentScript as HTMLScriptElement | null);
