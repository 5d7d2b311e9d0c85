import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { until } from "../components/until.ts";

type Parlance = ((...call: unknown[]) => void) & { q?: unknown[][] };
const page = window as Window & { Parlance?: Parlance };

/** Runs the loader as the browser runs a script tag with these attributes. */
async function runTag(attributes: Record<string, string>): Promise<void> {
  const script = document.createElement("script");
  script.type = "none";
  for (const [name, value] of Object.entries(attributes)) script.setAttribute(name, value);
  Object.defineProperty(document, "currentScript", { value: script, configurable: true });
  Object.assign(globalThis, { __PANEL_CHUNK__: "panel-test.js", __ELEMENT_CHUNK__: "element-test.js" });
  await jest.isolateModulesAsync(async () => {
    await import("../../src/loader.ts");
  });
}

const TAG = {
  src: "https://gateway.test/base/widget.js",
  "data-site-key": "pk_test",
  "data-accent": "#ffdd00",
};
const hosts = (): Element[] => [...document.querySelectorAll("aside")];

afterEach(() => page.Parlance?.("destroy"));

describe("the script tag", () => {
  test("makes the page a Parlance, and a launcher in the attributes' colour with an icon that can be seen", async () => {
    await runTag(TAG);
    const launcher = hosts()[0]?.shadowRoot?.querySelector("button");
    expect(typeof page.Parlance).toBe("function");
    expect(launcher?.style.getPropertyValue("--accent")).toBe("#ffdd00");
    expect(launcher?.style.getPropertyValue("--on-accent")).toBe("#000");
  });

  test("takes up the calls that were made before it came", async () => {
    const errors: string[] = [];
    const q: unknown[][] = [
      ["on", "error", ({ message }: { message: string }) => errors.push(message)],
      ["open"],
    ];
    page.Parlance = Object.assign(() => undefined, { q });
    await runTag(TAG);
    // No such panel is served here: what counts is where it was looked for.
    await until(() => errors.length > 0);
    expect(errors[0]).toContain("https://gateway.test/base/widget/panel-test.js");
  });

  test("included twice, it runs once", async () => {
    await runTag(TAG);
    const first = page.Parlance;
    await runTag(TAG);
    expect([hosts().length, page.Parlance === first]).toEqual([1, true]);
  });

  test("is gone after destroy, and may come again", async () => {
    await runTag(TAG);
    page.Parlance?.("destroy");
    expect([hosts().length, "Parlance" in page]).toEqual([0, false]);
    await runTag(TAG);
    expect(hosts().length).toBe(1);
  });
});
