/** What mutations draw on. */
export interface MutationContext {
  readonly sub: string;
  /** Ids of another user. */
  readonly foreign: { readonly conversation: string; readonly message: string; readonly reply: string };
  signToken(claims: Record<string, unknown>): string;
}

type Random = () => number;

const pick = <Value>(random: Random, values: readonly Value[]): Value => {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
};

/** Frames that are right in form, to begin with. */
function seedFrame(random: Random, context: MutationContext): Record<string, unknown> {
  const id = `f${Math.floor(random() * 1e9)}`;
  const { conversation, message, reply } = context.foreign;
  const now = Math.floor(Date.now() / 1000);
  return pick<() => Record<string, unknown>>(random, [
    () => ({ type: "message", id, content: "[[sim tokens=2]] hello" }),
    () => ({ type: "message", id, content: "again", conversation }),
    () => ({ type: "message", id, content: "with a file", attachments: ["file-1"] }),
    () => ({ type: "cancel", id, reply }),
    () => ({ type: "cancel", id, message }),
    () => ({ type: "resume", id, reply, after: 0 }),
    () => ({ type: "regenerate", id, message }),
    () => ({ type: "edit", id, message, content: "changed" }),
    () => ({ type: "open", id, conversation }),
    () => ({ type: "history", id, conversation, limit: 5 }),
    () => ({ type: "conversations", id }),
    () => ({ type: "clear", id, conversation }),
    () => ({ type: "feedback", id, message: reply, rating: "up" }),
    () => ({ type: "typing", active: true, conversation }),
    () => ({ type: "handoff", id, conversation }),
    () => ({ type: "auth", id, token: "not.a.jwt" }),
    () => ({ type: "auth", id, token: context.signToken({ sub: "somebody-else" }) }),
    () => ({
      type: "auth",
      id,
      token: context.signToken({ iat: now - 900, exp: now - 300, sub: context.sub }),
    }),
    () => ({ type: "open", id, conversation: "new" }),
    () => ({ type: "ping", t: 1 }),
  ])();
}

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  "",
  " ",
  "\ud800",
  "é".repeat(70),
  "__proto__",
  "../../etc",
  [],
  {},
  { toString: 1 },
  "x".repeat(16_001),
  Number.MAX_SAFE_INTEGER + 2,
];

/** One frame with one to three things wrong with it, or none. */
export function mutatedFrame(random: Random, context: MutationContext): string | Buffer {
  const frame = seedFrame(random, context);
  const kind = random();
  if (kind < 0.35) return JSON.stringify(frame);
  if (kind < 0.45) {
    const text = JSON.stringify(frame);
    const at = Math.floor(random() * text.length);
    return text.slice(0, at) + pick(random, ["", "}", '"', "\u0000", "[", "\\u12"]) + text.slice(at + 1);
  }
  if (kind < 0.48) return Buffer.from([0, 255, 1]);
  if (kind < 0.5) return `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
  if (kind < 0.62)
    return JSON.stringify({ ...frame, type: pick(random, ["shout", "Message", "ack", "", 7, null]) });
  const changed: Record<string, unknown> = { ...frame };
  const names = [...Object.keys(frame), "unknown"];
  for (let times = 0; times <= random() * 3; times++) {
    const name = pick(random, names);
    if (random() < 0.3) delete changed[name];
    else changed[name] = pick(random, STRANGE);
  }
  return JSON.stringify(changed);
}
