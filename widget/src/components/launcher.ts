/** An icon of 24 by 24 units, drawn in the colour of the text around it. Plain DOM. */
export function drawIcon(path: string): SVGElement {
  const make = (name: string): SVGElement => document.createElementNS("http://www.w3.org/2000/svg", name);
  const svg = make("svg");
  const shape = make("path");
  svg.setAttribute("viewBox", "0 0 24 24");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/**
 * Makes the round button that opens the chat; the caller puts it on the page and listens to it. Plain DOM, since
 * it stands before the panel's libraries are loaded: what it shows once they are is `launcher-state.ts`'s.
 */
export function createLauncher(): HTMLButtonElement {
  const button = document.createElement("button");
  button.className = "launcher";
  button.ariaLabel = "Open chat";
  button.ariaExpanded = "false";
  button.append(
    drawIcon(
      "M21 11.5c0 4.4-4 8-9 8-1.3 0-2.5-.2-3.6-.6L3.5 20.5l1.3-4A7.6 7.6 0 0 1 3 11.5c0-4.4 4-8 9-8s9 3.6 9 8ZM8 11.5h0m4 0h0m4 0h0",
    ),
  );
  return button;
}

/** Gives the launcher the page's colour and side: `accent` as `#rrggbb`, `position` as `left` or `right`. */
export function dressLauncher(
  button: HTMLButtonElement,
  { accent, position }: Readonly<Record<string, unknown>>,
): void {
  const colour = /^#[\da-f]{6}$/i.test(`${accent}`) ? `${accent}` : "#0f766e";
  const part = (at: number): number => Number(`0x${colour.slice(at, at + 2)}`) ** 2;
  // Close enough to the luminance of WCAG to choose the icon's colour by; the panel reckons exactly.
  const light = part(1) + 3 * part(3) + part(5) / 3 > 55_000;
  button.style.setProperty("--accent", colour);
  button.style.setProperty("--on-accent", light ? "#000" : "#fff");
  button.dataset.side = `${position}`;
}
