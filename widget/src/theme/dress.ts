import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { accentColours } from "./accent.ts";

const SURFACE = { light: "#ffffff", dark: "#202329" } as const;

/**
 * Keeps the panel and its launcher in the site's colours: `accent` (hex), `theme` (`light`, `dark`, else the
 * visitor's own preference), `position` (`left` or `right`), `language` and `dir`. Returns what ends it.
 */
export function dress({
  frame,
  launcher,
  settings,
}: {
  frame: HTMLElement;
  launcher: HTMLElement;
  settings: ReadonlySignal<Readonly<Record<string, unknown>>>;
}): () => void {
  const preference = matchMedia("(prefers-color-scheme: dark)");
  const prefersDark = signal(preference.matches);
  const changed = (): void => {
    prefersDark.value = preference.matches;
  };
  preference.addEventListener("change", changed);

  const end = effect(() => {
    const { accent, theme, position, language, dir } = settings.value;
    const chosen = theme === "light" || theme === "dark" ? theme : null;
    const shown = chosen ?? (prefersDark.value ? "dark" : "light");
    const colours = accentColours(accent, SURFACE[shown]);
    for (const { style } of [frame, launcher]) {
      style.setProperty("--accent", colours.accent);
      style.setProperty("--on-accent", colours.onAccent);
      style.setProperty("--accent-ink", colours.ink);
    }
    const side = position === "left" ? "left" : "right";
    frame.dataset.theme = shown;
    frame.dataset.side = side;
    launcher.dataset.side = side;
    frame.lang = String(language ?? "en");
    frame.dir = dir === "rtl" ? "rtl" : "ltr";
  });
  return () => {
    end();
    preference.removeEventListener("change", changed);
  };
}
