import type { Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { capital, NO_TOPIC } from "../topic.ts";

/** A table of plans, whose figures say that they are examples. */
export function price({ topic, company }: Question, choose: Choose): string {
  const about = topic === NO_TOPIC ? "what each plan includes" : topic;
  const whose = company === undefined ? "the" : `${company}'s`;
  const saving = choose(["two months free", "15 % less", "one month free"]);
  return `### ${capital(about)}

Here is an overview with *example figures*; what counts is ${whose} [pricing page](https://example.com/pricing).

| Plan | Per month | Includes |
| --- | ---: | --- |
| **Free** | 0 € | 1 person, 100 requests a day |
| **Team** | 12 € a person | shared workspace, 10,000 requests a day |
| **Business** | 29 € a person | single sign-on, audit log, priority support |

Good to know:

- Paying yearly: **${saving}**
- You can change the plan at any time; the difference is settled to the day
- No card is needed to try the *Free* plan

${choose([
  "How many people would use it? Then I can work out what it comes to.",
  "If you tell me roughly how much you need, I can say which plan fits.",
])}`;
}
