import type { Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { NO_TOPIC } from "../topic.ts";

/** What to check first, and what to send when that does not help. */
export function trouble({ topic }: Question, choose: Choose): string {
  const heard = topic === NO_TOPIC ? "that" : `that (“${topic}”)`;
  return choose([
    `I'm sorry about ${heard}. Let's find out what is wrong; in most cases it is one of three things:

1. **An old page.** Reload with \`Ctrl\` + \`Shift\` + \`R\` (\`⌘\` + \`Shift\` + \`R\` on a Mac).
2. **A blocker.** Switch extensions off for this site, or try a private window.
3. **An expired session.** Sign out and in again.

Still the same? Then these help me most:

- what you did just before
- the exact wording of the message
- the time, and the browser you use

You will also find known disturbances on the [status page](https://example.com/status).`,
    `That should not happen, and I'm sorry for the trouble. Here is what I would check about ${heard}, quickest first:

- **Does it happen in another browser?** If not, clear the site's data in the first one.
- **Does it happen to a colleague?** If not, it is about your account: look at *Settings → Access*.
- **Did it work before?** *Settings → Activity* shows what was changed since then.

| You see | It usually means | Do this |
| --- | --- | --- |
| \`401\` | the session has ended | sign in again |
| \`403\` | a permission is missing | ask an administrator |
| \`429\` | too many tries at once | wait a minute |
| \`5xx\` | the fault is ours | see the [status page](https://example.com/status) |

Which of these comes closest to what you see?`,
  ]);
}
