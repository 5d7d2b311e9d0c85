import type { Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { capital } from "../topic.ts";

/** Steps, a tip, and what to do when they do not lead there. */
export function howTo({ topic }: Question, choose: Choose): string {
  return choose([settings, checklist])(topic, choose);
}

function settings(topic: string, choose: Choose): string {
  const tip = choose([
    "Changes take effect at once. There is no need to sign out and in again.",
    "If you do not see the button, your role may not include it; an administrator can change that under **Team → Roles**.",
    "You can undo this for 30 days under **Settings → Activity**.",
  ]);
  return `### ${capital(topic)}

This takes about two minutes:

1. **Open your settings.** Choose your picture at the top right, then *Settings*.
2. **Find the right section.** Look for the entry that mentions *${topic}*; the search field at the top finds it fastest.
3. **Make the change** and check the preview on the right.
4. **Save.** A green notice confirms it, and we send you a short e-mail for your records.

> **Tip:** ${tip}

Did that get you there? If one of the steps looks different on your screen, tell me which one.`;
}

function checklist(topic: string, choose: Choose): string {
  const time = choose(["five minutes", "ten minutes", "a quarter of an hour"]);
  return `Happy to help with **${topic}**. Plan about ${time}; you need an account with the *Admin* role.

**Before you start**

- Sign in, and keep your API key at hand
- Make sure that no import is running

**Then**

1. Go to **Dashboard → Setup** and choose *${capital(topic)}*.
2. Choose the project that it is for, and press **Continue**.
3. Check the summary. Everything marked \`required\` must have a value.
4. Press **Apply**, and wait for the status to turn to \`active\`.

**Afterwards**

- Run the built-in check: *Setup → Test*
- Tell your team where to find it

More about each step stands in the [set-up guide](https://example.com/help/setup). Shall I go into one of them?`;
}
