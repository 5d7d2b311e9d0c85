import { describe, expect, test } from "@jest/globals";
import { parseBlocks } from "../../src/render/block-parser.ts";
import { createBlocks } from "../../src/render/blocks.ts";
import { parseInline } from "../../src/render/inline-parser.ts";
import { makeShown } from "./shown.tsx";

/** Milliseconds of processor time of the fastest of some runs: what else the machine does takes none of it. */
function cost(run: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 3; count++) {
    const start = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(start);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

const LINES: Record<string, string> = {
  stars: "*a ",
  "stars and scores": "*a _b ",
  "closing stars": "a* ",
  brackets: "[",
  "empty links": "[a](",
  "unclosed titles": '[a](b "',
  pictures: "![",
  backticks: "`a``b```c",
  backslashes: "\\\\",
  references: "&amp",
  addresses: "https://a))",
  angles: "<http://a",
  strikes: "~~a ",
  spaces: " ",
};
const BLOCKS: Record<string, string> = {
  "deep quotes": "> ",
  "deep lists": "- ",
  "wide table": "|a",
  "dashes and spaces": "-     ",
  hashes: "# ",
  "unclosed fences": "```\n",
  "list after list": "- a\n",
  "nested lists": "  - a\n",
  "blank lines": "\n",
  "table rows": "a|b\n-|-\n",
};

describe("time", () => {
  test.each(Object.entries(LINES))("reading %s grows with their number, not its square", (_, piece) => {
    const text = (length: number): string => `x${piece.repeat(Math.ceil(length / piece.length))}`;
    parseInline(text(2_000));
    const short = cost(() => parseInline(text(20_000)));
    const long = cost(() => parseInline(text(160_000)));
    expect(long).toBeLessThan(Math.max(short, 4) * 8 * 4);
  });

  test.each(Object.entries(BLOCKS))("reading %s grows with their number, not its square", (_, piece) => {
    const lines = (length: number): string[] => piece.repeat(Math.ceil(length / piece.length)).split("\n");
    parseBlocks(lines(2_000));
    const short = cost(() => parseBlocks(lines(20_000)));
    const long = cost(() => parseBlocks(lines(160_000)));
    expect(long).toBeLessThan(Math.max(short, 4) * 8 * 4);
  });

  test("a long answer costs three times its third", () => {
    const paragraph =
      "Some **words** with a [link](https://x.test) and `code`, then more of them.\n\n- one\n- two\n\n";
    function readGrowing(length: number): void {
      const blocks = createBlocks();
      const text = paragraph.repeat(length / paragraph.length);
      for (let end = 0; end < text.length; end += 200) blocks.read(text.slice(0, end), false);
    }
    readGrowing(5_000);
    const short = cost(() => readGrowing(20_000));
    const long = cost(() => readGrowing(60_000));
    expect(long).toBeLessThan(Math.max(short, 4) * 3 * 2.5);
  });

  test("nothing is nested deeper than can be shown", () => {
    for (const text of ["> ".repeat(5_000), "- ".repeat(5_000), "**a *b ".repeat(5_000), "[".repeat(9_999)]) {
      const { element, show } = makeShown();
      show(`${text}x${"]**".repeat(50)}`, true);
      expect(element.textContent).toContain("x");
    }
  });
});
