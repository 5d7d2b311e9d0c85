import type { Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { capital, NO_TOPIC } from "../topic.ts";

/** An answer at length, some 1,500 tokens: sections, a table, code, questions and a summary. */
export function long({ topic, company }: Question, choose: Choose): string {
  const about = topic === NO_TOPIC ? "the subject" : topic;
  const here = company === undefined ? "your team" : `a team at ${company}`;
  return [
    opening(about),
    background(about, choose),
    steps(about),
    table(choose),
    example(),
    mistakes(choose),
    questions(about, here),
    summary(about),
  ].join("\n\n");
}

const opening = (about: string): string => `## ${capital(about)}, in detail

You asked for the whole picture, so here it is: first what it is about, then how to go about it step by step, an example, what usually goes wrong, and a summary that you can pass on. If you are in a hurry, read the **summary at the end** and come back for the rest.`;

const background = (about: string, choose: Choose): string => `### What it is about

${choose([
  `At its heart, **${about}** is about making one good decision early and not having to make it again every day. Whoever starts without that decision pays for it later, a little at a time, and usually without noticing.`,
  `The easiest way into **${about}** is to look at what happens without it: the same work is done twice, nobody knows which version is the current one, and every change takes longer than it should.`,
])}

Three terms come up again and again:

- **Scope**: what is in, and, more important, what is not. A narrow scope that is finished beats a wide one that never is.
- **Owner**: the one person who may say yes or no. There can be many who help; there is only one who decides.
- **Review**: a fixed day on which you look at what has come of it. Without one, even a good set-up grows stale within months.

None of this needs special tools. A shared page and half an hour a week are enough to begin with, and everything further on builds upon them.`;

const steps = (about: string): string => `### Step by step

1. **Write down the aim in one sentence.** If it takes two, there are probably two aims, and each deserves its own plan.
2. **List what you have.** Accounts, data, habits: much of what *${about}* needs exists already, under another name.
3. **Choose the smallest useful version.** It should be done within a week and help at least one person at once.
4. **Try it with two or three people.** Watch, do not explain. Where they hesitate, something has to become simpler.
5. **Put right what you saw,** and only then invite the others.
6. **Fix a date for the review,** and put the aim from step 1 at the top of the page on that day.

> The order matters more than the speed: a week spent on the first three steps saves a month on the last three.`;

const table = (choose: Choose): string => `### What to expect

| Phase | Takes | You need | You get |
| --- | ---: | --- | --- |
| Preparation | 1 day | the aim, an owner | a page that everyone can read |
| First version | 3 to 5 days | one person, part-time | something that works for one case |
| Trial | 1 week | two or three people | a list of what has to change |
| Roll-out | 2 weeks | an hour from everyone | the new way as the usual way |
| Review | half a day | the numbers so far | a decision how to go on |

${choose([
  "The figures come from teams of five to twenty people. Larger ones need longer for the roll-out, hardly for the rest.",
  "Count on the trial to change your plan. That is what it is for, and the reason why it comes so early.",
])}`;

const example = (): string => `### An example

Suppose you want to know every Monday what changed in the week before. A few lines do that, and they show the pattern behind everything else: *fetch, filter, report*.

\`\`\`ts
interface Change {
  readonly at: string;
  readonly what: string;
  readonly by: string;
}

export async function weeklyReport(token: string): Promise<string> {
  const since = new Date(Date.now() - 7 * 24 * 60 * 60 * 1000).toISOString();
  const response = await fetch(\`https://api.example.com/v1/changes?since=\${since}\`, {
    headers: { authorization: \`Bearer \${token}\` },
  });
  if (!response.ok) throw new Error(\`The API answered \${response.status}\`);

  const changes = (await response.json()) as Change[];
  return changes.map(({ what, by }) => \`- \${what} (\${by})\`).join("\\n");
}
\`\`\`

Run it by a scheduler, send the text to your chat, and the review of step 6 prepares itself.`;

const mistakes = (choose: Choose): string => `### What usually goes wrong

- **Too much at once.** The plan has twelve points, and after a month each is half done. *Remedy:* finish one before the next begins.
- **Nobody decides.** Questions stay open until they are forgotten. *Remedy:* name the owner on the first day.
- **No way back.** People hesitate because a mistake would be final. *Remedy:* ${choose([
  "show everyone where the undo is",
  "keep the former state for 30 days, and say so",
])}.
- **It works, but nobody knows.** *Remedy:* show one result, not the tool, at the next meeting.

If you recognise one of these, start there. The others often disappear along with it.`;

const questions = (about: string, here: string): string => `### Questions that come up

**Does ${here} need a specialist for this?**
No. It helps if someone has done it before, but a careful beginner with time does better than an expert without.

**What does it cost?**
Mostly attention. Plan half an hour a week for each person in the first month, and about half of that afterwards.

**Can we stop again?**
At any time. Export what you have, and nothing of **${about}** holds you.`;

const summary = (about: string): string => `### Summary

1. One aim, one owner, one date for the review
2. The smallest useful version first, with two or three people
3. Everything else only when that works

That is all there is to **${about}**, at least for the start. Shall I turn this into a checklist for your team, or go deeper into one of the sections?`;
