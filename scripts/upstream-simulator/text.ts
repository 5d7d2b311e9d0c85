import { seededRandom } from "./random.ts";

/** What the text is put together from: everything that is awkward on its way through JSON, SSE and Markdown. */
const BLOCKS: readonly string[] = [
  "## What to know first\n\n",
  'The answer is short: **yes**, it works, and "quotes" stay as they are. ',
  "Paths such as C:\\Users\\name\\file.txt keep their back\\\\slashes; so does a lone \\ at the end. ",
  "- one thing\n- another thing\n  - nested, with `inline code`\n- a [link](https://example.com/a?b=1&c=%20d)\n\n",
  "1. First, open the panel.\n2. Then choose *Settings*.\n3. Save, and reload the page.\n\n",
  '```ts\nconst greeting = `Hello, ` + name + "!\\n";\nif (a < b && c > d) console.log("\\t", greeting);\n```\n\n',
  "| plan | price | note |\n| --- | ---: | --- |\n| Free | 0 € | for a start |\n| Team | 12 € | per head |\n\n",
  "日本語の文章も、そのまま流れます。漢字とかな、そして句読点。",
  "한국어 문장도 문제없이 전달됩니다. 中文也一样，没有问题。",
  "Emoji count too: 🎉 🚀 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽, and flags 🇫🇷🇯🇵. ",
  "Ünïcödé, naïve café, Ελληνικά, עברית, العربية, हिन्दी. ",
  "Separators \u2028 and \u2029, a tab\there, a no-break\u00a0space, a zero\u200bwidth one. ",
  "> A quotation\n> over two lines.\n\n",
  "data: this is not an event\n\nevent: nor is this\n\n",
  '{"type":"content_block_delta","delta":{"type":"text_delta","text":"not one either"}}\n',
  "Math: 3 × 4 ≤ 13, e^{iπ} + 1 = 0, <b>raw &amp; html</b>. ",
];

/**
 * The first `count` tokens that a seed gives: pieces of one to seven characters, none of which ends within a
 * surrogate pair. More tokens of the same seed begin with the same ones.
 */
export function simulatedTokens(seed: number, count: number): string[] {
  const random = seededRandom(seed);
  const tokens: string[] = [];
  while (tokens.length < count) {
    const characters = [...(BLOCKS[Math.floor(random() * BLOCKS.length)] ?? "")];
    for (let at = 0; at < characters.length && tokens.length < count; ) {
      const length = 1 + Math.floor(random() * 7);
      tokens.push(characters.slice(at, at + length).join(""));
      at += length;
    }
  }
  return tokens;
}

/** The whole text that a request with this seed and number of tokens is answered with. */
export function expectedText(seed: number, tokens: number): string {
  return simulatedTokens(seed, tokens).join("");
}
