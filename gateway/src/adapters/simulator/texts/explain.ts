import type { Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { capital, NO_TOPIC } from "../topic.ts";

/** An answer to all else: the gist, three points, and where to go on. */
export function explain({ topic, company }: Question, choose: Choose): string {
  if (topic === NO_TOPIC) return unclear(choose);
  const here = company === undefined ? "here" : `at ${company}`;
  return choose([
    `**${capital(topic)}**: the short version first. It comes down to three things:

- **What it does.** It takes a task off your hands that otherwise costs a few minutes every day.
- **When it matters.** As soon as more than one person is involved, or the same thing comes up twice.
- **What it needs.** An account, about ten minutes, and somebody who decides how it should be used.

In practice, most people start small, look at the results after a week, and then switch on the rest. Nothing is lost if you change your mind.

Would you like an example, the steps to set it up, or what it costs?`,
    `Good question. Here is how to think about **${topic}**:

1. **The idea** is simple: keep what belongs together in one place, and let everyone see the same state.
2. **The benefit** shows when something changes, since you change it once and it is right everywhere.
3. **The limit** is that someone has to look after it; ${here}, that is usually the person who set it up.

> A rule of thumb: if you have explained it twice, write it down once.

There is more on this in the [help centre](https://example.com/help). What are you planning to use it for?`,
    `Let me put **${topic}** into plain words.

Think of it as a well-kept toolbox: *you* decide what goes in, *everyone* finds it in its place, and nobody has to ask where things are. That has two consequences:

- You get **fewer interruptions**, because the answer is where people look first.
- You get **fewer mistakes**, because there is only one current version.

What it is *not*: a replacement for talking to each other about the difficult cases.

If you like, I can show what that means for a team of your size.`,
  ]);
}

function unclear(choose: Choose): string {
  return choose([
    "I want to be sure that I understand you. Could you say in a sentence or two **what you would like to do**, and what happens at the moment?\n\nFor example: *“I'd like to invite a colleague, but I can't find the button.”*",
    "I'm not sure that I got that. You can ask me about:\n\n- **setting something up**, step by step\n- **plans and prices**\n- **an error** that you see\n- **code** for an integration\n\nWhat is it about?",
  ]);
}
