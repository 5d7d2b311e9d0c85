import { describe, expect, test } from "@jest/globals";
import { parse } from "marked";
import { makeShown } from "./shown.tsx";

/** What both say of a text: tags and words, without what we do differently on purpose. */
function outline(root: Element): string {
  for (const element of root.querySelectorAll("section.table")) element.replaceWith(...element.childNodes);
  for (const item of root.querySelectorAll("li")) {
    // A loose list's words stand in a paragraph there; with us they follow the marker.
    const first = item.querySelector(":scope > p");
    if (first && first === item.firstChild) first.replaceWith(...first.childNodes);
    item.normalize();
  }
  const write = (node: Node): string => {
    if (node.nodeType === Node.TEXT_NODE) return (node.textContent ?? "").replace(/\s+/g, " ");
    if (!(node instanceof Element)) return "";
    const name = node.localName.replace(/^h[1-6]$/, "h");
    const inside = [...node.childNodes].map(write).join("").trim();
    return name === "div" ? inside : name === "br" ? "⏎" : `<${name}>${inside}</${name}>`;
  };
  return write(root)
    .replace(/ *([<⏎]) */g, "$1")
    .replace(/> +/g, ">");
}

const TEXTS = [
  'Just words, with an apostrophe\'s and "quotes".',
  "One line\nand another\n\nand a paragraph",
  "# One\n## Two\n### Three ###\n#### Four\ntext",
  "**bold** *it* ***both*** __bold__ _it_ snake_case_name 2 * 3 * 4 ~~gone~~",
  "**bold with `code` and *it* in it**",
  "`code` ``with ` tick`` ` padded ` `a  b`",
  "- a\n- b\n- c",
  "* a\n* b\n\n  more of b\n* c",
  "1. a\n2. b\n3. c",
  "3. c\n4. d",
  "- a\n  - b\n    - c\n  - d\n- e",
  "1. a\n   - b\n   - c\n2. d\n   ```js\n   x();\n   ```\n3. e",
  "- a\n\n- b\n\n- c",
  "text\n- a\n- b\n\ntext",
  "text\n1. a\n2. b",
  "- a\n1. b\n- c",
  "- **Term**: what it *means*\n- `x`: y",
  "- [ ] open\n- [x] done",
  "> quote\n> more\n\ntext",
  "> quote\nlazy\n\n> other",
  "> - a\n> - b\n>\n> ```\n> code\n> ```",
  "```js\nconst a = 1;\n\n\nif (a) {\n  b();\n}\n```",
  "~~~\n```\n~~~",
  "````md\n```js\nx\n```\n````",
  "```\nunclosed",
  "| a | b |\n| --- | :-: |\n| 1 | 2 |\n| 3 |\n\nafter",
  "a | b\n--|--\n1 | **2**",
  "| a |\n|---|\n| x \\| y |",
  "text\n\n---\n\ntext\n\n***\n\n___",
  '[a](https://x.test) [b](https://x.test "t") [c](<https://x.test/a b>) [d](https://x.test/(e))',
  "[not a link] and [nor](this one) and [x] y",
  "https://x.test/a?b=c. and <https://y.test> and (https://z.test)",
  "\\*not\\* \\# and \\` and \\[x\\](y) \\\\",
  "a\\\nb  \nc",
  "1 < 2 && 3 > 2 &copy; &amp; &#65;",
  "Price: $5*2 and 10% * 3 = a*b",
  "**Note:** text\n**Other:** text",
  "é **漢字** 🙂 *ñ*",
  "#hashtag and # not\n\n#5 is no heading",
  "1) a\n2) b",
  "+ a\n+ b",
  "Steps:\n\n1. One:\n\n   text of one\n\n2. Two\n\n   > quote\n\nEnd",
  "![logo](https://gateway.test/a.png)",
];

describe("what models write", () => {
  test.each(TEXTS)("%j is read as GitHub's Markdown is", async (text) => {
    const theirs = document.createElement("div");
    theirs.innerHTML = await parse(text, { gfm: true, breaks: true });
    const { element, show } = makeShown();
    show(text, true);
    expect(outline(element)).toBe(outline(theirs));
  });
});
