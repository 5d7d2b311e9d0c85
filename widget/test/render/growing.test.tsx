import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { html, makeShown } from "./shown.tsx";

const ANSWER = `# Three tents, compared

All of them are **freestanding**, and *quick* to pitch. See [the guide](https://shop.test/guide "Guide") first.

| Tent | Weight | Price |
| :--- | :----: | ----: |
| Cairn 2 | 1.9 kg | € 429 |
| Cairn 3 | **2.6 kg** | € 529 |

1. Unfold the \`inner\` tent
2. Slide the poles in:
   - first the long one
   - then the short one

   It clicks.
3. Peg it down

> Wind? Use all eight pegs.
> And ~~pray~~ relax.

\`\`\`ts
const pegs = 8; // not **bold**

await pitch({ pegs });
\`\`\`

---

- [x] packed
- [ ] checked the *weather*

That is all. Questions? https://shop.test/help.`;

/** Pieces of which answers are made, and of which they are broken. */
const PIECES = [
  "Some words. ",
  "more ",
  "\n",
  "\n\n",
  "- item",
  "- ",
  "1. one",
  "2. ",
  "  - nested",
  "   text",
  "> quote",
  "# Title",
  "## ",
  "```",
  "```js\n",
  "~~~",
  "code();",
  "| a | b |",
  "\n|---|---|\n",
  "| 1 |",
  "---",
  "***",
  "**",
  "*",
  "_",
  "`",
  "~~",
  "[link](",
  "https://x.test)",
  "[",
  "](",
  ")",
  "![",
  "<b>",
  "</b>",
  "<br>",
  "&amp;",
  "\\*",
  "\t",
  "    ",
  "- [x] ",
  "é漢🙂",
];

/** Shows a text as it comes, in pieces of those lengths, and the whole at the end. */
function stream(text: string, lengths: readonly number[]): string {
  const shown = makeShown();
  let end = 0;
  for (let turn = 0; end < text.length; turn++) {
    end += lengths[turn % lengths.length] ?? 1;
    shown.show(text.slice(0, end), false);
  }
  return shown.show(text, true).replace(/^<div>|<\/div>$/g, "");
}

describe("a text that grows", () => {
  test("is in the end what it is when read at once, letter by letter", () => {
    expect(stream(ANSWER, [1])).toBe(html(ANSWER));
  });

  test("is in the end what it is when read at once, whatever it holds and however it comes", () => {
    const seed = Date.now();
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join(""));
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    try {
      fc.assert(
        fc.property(text, lengths, (given, pieces) => {
          expect(stream(given, pieces)).toBe(html(given));
        }),
        { seed, numRuns: 400 },
      );
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  });

  test("never shows marks that are about to mean something", () => {
    const shown = makeShown();
    for (let end = 1; end <= ANSWER.length; end++) {
      shown.show(ANSWER.slice(0, end), false);
      const seen = shown.element.cloneNode(true) as Element;
      for (const code of seen.querySelectorAll("code")) code.remove();
      const text = seen.textContent ?? "";
      expect({ end, text }).toEqual({
        end,
        text: expect.not.stringMatching(/\*\*|~~|\]\(|^#|\||---|\[x|`/m),
      });
    }
  });

  test("keeps the elements of what has settled", () => {
    const shown = makeShown();
    shown.show(ANSWER.slice(0, 400), false);
    const heading = shown.element.querySelector("h3");
    const table = shown.element.querySelector("table");
    for (let end = 401; end <= ANSWER.length; end++) shown.show(ANSWER.slice(0, end), false);
    shown.show(ANSWER, true);
    expect(heading !== null && shown.element.contains(heading)).toBe(true);
    expect(shown.element.contains(table)).toBe(true);
    expect(table?.rows.length).toBe(3);
  });

  test("starts anew where another text takes its place", () => {
    const shown = makeShown();
    shown.show("First.\n\nSecond.\n\nThird.\n\n", false);
    expect(shown.show("Other words.", true)).toBe("<div><p>Other words.</p></div>");
  });

  test("closes for the eye what is open at the end", () => {
    const shown = makeShown();
    const open = (text: string): string => shown.show(text, false).replace(/^<div>|<\/div>$/g, "");
    expect(open("so **bold and *sl")).toBe("<p>so <strong>bold and <em>sl</em></strong></p>");
    expect(open("run `npm i")).toBe("<p>run <code>npm i</code></p>");
    expect(open("see [the guide](https://sho")).toBe("<p>see the guide</p>");
    expect(open("```js\nlet a;\n``")).toBe('<pre data-language="js"><code>let a;</code></pre>');
  });
});
