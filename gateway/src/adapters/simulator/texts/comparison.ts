import type { Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { capital } from "../topic.ts";

/** A table, and which of two to take when. */
export function comparison({ sides }: Question, choose: Choose): string {
  const [one, other] = sides.map(capital) as [string, string];
  const rows = choose([
    [
      ["Best for", "getting started quickly", "growing with you"],
      ["Set-up", "minutes, no training", "an afternoon, with a plan"],
      ["Flexibility", "sensible defaults", "every detail adjustable"],
      ["Running cost", "lower", "higher, but predictable"],
      ["Support", "help centre, e-mail", "e-mail, chat, a named contact"],
    ],
    [
      ["Strength", "simple, little to go wrong", "powerful, covers rare cases"],
      ["Time to first result", "the same day", "about a week"],
      ["Team size", "1 to 10", "5 and more"],
      ["Automation", "a few fixed rules", "rules, API and webhooks"],
      ["Moving away again", "export as CSV", "full export, all formats"],
    ],
  ] as const);
  const table = rows.map(([name, left, right]) => `| **${name}** | ${left} | ${right} |`).join("\n");
  return `Both do the job; they differ in how much they ask of you.

| | ${one} | ${other} |
| --- | --- | --- |
${table}

**In short**

- Choose **${one}** if you want to be up and running today and keep things simple.
- Choose **${other}** if you already know that you will need the extra room.

${choose([
  "Most people start with the first and change later: nothing is lost in the move.",
  "Not sure? Start with the simpler one. Changing later keeps all of your data.",
])} If you tell me a little about your team, I can be more definite.`;
}
