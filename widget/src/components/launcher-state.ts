import { drawIcon } from "./launcher.ts";

/** What the launcher shows once the panel is there. */
export interface LauncherState {
  show(state: { open: boolean; label: string; unread: number }): void;
  /** Makes it as it was before the panel came. */
  remove(): void;
}

/** Gives the launcher its other face, for while the panel is open, and a count of what came meanwhile. */
export function createLauncherState(launcher: HTMLButtonElement): LauncherState {
  const badge = document.createElement("b");
  const down = drawIcon("m6 9.5 6 6 6-6");
  down.setAttribute("class", "down");
  launcher.append(down);
  return {
    show({ open, label, unread }) {
      launcher.ariaExpanded = `${open}`;
      launcher.ariaLabel = unread > 0 ? `${label} (${unread})` : label;
      badge.textContent = unread > 9 ? "9+" : `${unread}`;
      if (unread > 0 && !open) launcher.append(badge);
      else badge.remove();
    },
    remove() {
      badge.remove();
      down.remove();
    },
  };
}
