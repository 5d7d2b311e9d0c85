import type { Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { NO_TOPIC } from "../topic.ts";

/** An answer to a greeting. */
export function greeting({ company, earlier }: Question, choose: Choose): string {
  const who = company === undefined ? "the assistant on this site" : `the assistant of **${company}**`;
  if (earlier !== undefined) {
    return choose([
      `Hello again! 👋 Shall we go on with **${earlier}**, or is there something new I can do for you?`,
      `Welcome back! Your last question was about **${earlier}**. Ask away, whether it is that or something else.`,
    ]);
  }
  return choose([
    `Hello! 👋 I'm ${who}. You can ask me things like:\n\n- **How do I** set something up?\n- **What is the difference** between two plans?\n- **Show me the code** for an integration\n\nWhat would you like to know?`,
    `Hi there! 👋 I'm ${who}, and I'm happy to help.\n\nI can walk you through a set-up, compare options, look at an error with you, or write a few lines of code. What brings you here today?`,
  ]);
}

/** An answer to thanks. */
export function thanks({ earlier }: Question, choose: Choose): string {
  const about = earlier === undefined || earlier === NO_TOPIC ? "" : ` with **${earlier}**`;
  return choose([
    `You're welcome! 🎉 I hope that helps${about}. If something does not work as described, tell me what you see, and we'll find out why together.`,
    `Glad I could help${about}! Whenever another question comes up, just write it here. This conversation stays where it is, also after a reload.`,
    `Any time! If you'd like to go further${about}, I can also:\n\n- summarise the steps as a checklist\n- show an example\n- say what usually goes wrong\n\nJust say the word.`,
  ]);
}

/** An answer to the wish for a person. */
export function person({ earlier }: Question, choose: Choose): string {
  const about = earlier === undefined ? "what it is about" : `that it is about **${earlier}**`;
  return choose([
    `Of course. I'm an automated assistant, and some things are better settled between people.\n\n- Our team answers on working days, **9 to 17 h**\n- The quickest way is the [contact form](https://example.com/contact)\n- Say ${about}, and add your e-mail address\n\nYou can leave this conversation open: what we wrote here stays, and saves you from telling it twice.`,
    `I understand. You reach our team through the [contact form](https://example.com/contact), on working days between **9 and 17 h**, and usually hear back within two hours.\n\nIf you like, tell me in a few words ${about}; perhaps I can settle it right away, and if not, you have the text ready for them.`,
  ]);
}
