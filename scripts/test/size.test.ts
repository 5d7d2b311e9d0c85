import { describe, expect, test } from "@jest/globals";
import type { Metafile } from "esbuild";
import { filesOfFirstAnswer } from "../lib/build/size.mjs";

type Kind = "import-statement" | "dynamic-import";
interface Chunk {
  readonly source?: string;
  readonly imports?: readonly (readonly [file: string, kind: Kind])[];
}

function metafile(chunks: Readonly<Record<string, Chunk>>): Metafile {
  const outputs: Metafile["outputs"] = {};
  for (const [file, { source, imports = [] }] of Object.entries(chunks)) {
    outputs[file] = {
      bytes: 1,
      inputs: {},
      exports: [],
      imports: imports.map(([path, kind]) => ({ path, kind })),
      ...(source === undefined ? {} : { entryPoint: source }),
    };
  }
  return { inputs: {}, outputs };
}

const LOADER = metafile({ "widget.js": { source: "widget/src/loader.ts" } });
const measure = (panel: Readonly<Record<string, Chunk>>): string[] =>
  filesOfFirstAnswer({ loader: LOADER, panel: metafile(panel) });

describe("what a browser loads until the first answer", () => {
  test("given a panel that shares chunks and loads some on demand, each counts once", () => {
    const files = measure({
      "panel.js": {
        source: "widget/src/panel.tsx",
        imports: [
          ["shared.js", "import-statement"],
          ["markdown.js", "dynamic-import"],
        ],
      },
      "shared.js": {},
      "markdown.js": {
        source: "widget/src/render/markdown.ts",
        imports: [
          ["shared.js", "import-statement"],
          ["lexer.js", "import-statement"],
        ],
      },
      "lexer.js": {},
      "unrelated.js": {},
    });
    expect(files).toHaveLength(5);
    expect(new Set(files)).toEqual(
      new Set(["lexer.js", "markdown.js", "panel.js", "shared.js", "widget.js"]),
    );
  });

  test("given chunks that import each other in a circle, it ends", () => {
    const files = measure({
      "panel.js": { source: "widget/src/panel.tsx", imports: [["shared.js", "import-statement"]] },
      "shared.js": { imports: [["panel.js", "dynamic-import"]] },
    });
    expect(new Set(files)).toEqual(new Set(["panel.js", "shared.js", "widget.js"]));
  });

  test("given highlighting, which comes after the answer, it does not count", () => {
    const files = measure({
      "panel.js": { source: "widget/src/panel.tsx", imports: [["highlight.js", "dynamic-import"]] },
      "highlight.js": { source: "widget/src/render/highlight.ts" },
    });
    expect(new Set(files)).toEqual(new Set(["panel.js", "widget.js"]));
  });

  test("given no panel, it says so", () => {
    expect(() => measure({})).toThrow(/panel\.tsx/);
  });
});
