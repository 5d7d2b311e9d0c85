import { entryOf, LOADER, PANEL } from "./widget.mjs";

/** Source files whose chunks a first answer does not wait for, the last where no second tab is open. */
const AFTER_THE_FIRST_ANSWER = [/\/highlight[^/]*$/, /\/sharing\/member\.ts$/];

/**
 * The built files that a browser has loaded when the first answer is on the screen: the loader, the panel with
 * all it imports, and what these load on demand, save what is named to come later.
 * @param {{panel: import("esbuild").Metafile, loader: import("esbuild").Metafile}} metafiles
 * @returns {string[]} paths from the root, the loader's first
 */
export function filesOfFirstAnswer({ panel, loader }) {
  const found = new Set([entryOf(loader, LOADER)]);
  const waiting = [entryOf(panel, PANEL)];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const { path: imported, kind, external } of panel.outputs[path].imports) {
      if (external || (kind === "dynamic-import" && comesLater(panel.outputs[imported]))) continue;
      waiting.push(imported);
    }
  }
  return [...found];
}

function comesLater({ entryPoint = "" }) {
  return AFTER_THE_FIRST_ANSWER.some((pattern) => pattern.test(entryPoint));
}
