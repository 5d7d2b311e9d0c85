/** Stands in where a message has no words to pick up. */
export const NO_TOPIC = "your question";

const MOST_CHARACTERS = 60;
const MOST_WORDS = 9;

/** What a question starts with that is not what it is about. Taken off again and again. */
const LEAD = new RegExp(
  `^(?:${[
    "please",
    "and",
    "so",
    "ok(?:ay)?",
    "also",
    "hi|hello|hey",
    "(?:can|could|would|will) (?:you|i|we)",
    "i(?:'d| would) like (?:you )?to(?: know)?",
    "i (?:want|need|have) (?:you )?to(?: know)?",
    "i want|i need|i have",
    "help(?: me| us)?(?: to| with)",
    "help (?:me|us)",
    "(?:tell|show|give) (?:me|us)",
    "(?:write|draw up|make)(?: me| us)?",
    "explain|describe|compare|list|summari[sz]e",
    "what(?:'s| is| are| does| do| about)",
    "which(?: is| are| one is)?",
    "when|who",
    "why(?: is| are| does| do)?",
    "where (?:do|can) (?:i|we) find",
    "where(?: do| can| is| are)(?: i| we)?",
    "how much(?: does| do| is| are| would)?",
    "how (?:do|can|should|would|does|is|are)(?: i| we| you)?",
    "how to|how",
    "should (?:i|we)(?: (?:choose|take|use|buy|pick|go (?:for|with)))?",
    "is there|are there|do you (?:have|offer|support)|does it|do you|does|do",
    "(?:the )?(?:price|cost|pricing|difference)s? (?:of|for|between)",
    "(?:a|an|the)? ?(?:long|short|detailed|thorough|quick) (?:answer|explanation|text|essay|guide)s?(?: (?:about|on|of|to|for))?",
    "(?:some |the )?(?:code|snippet|script|example|function|query)s?(?: (?:that|which|to|for|of|about))?",
    "in detail|in depth|at length|everything|more|about|on|to|that|me",
  ].join("|")})(?=[\\s,:]|$)[\\s,:]*`,
  "i",
);

const TAIL =
  /[\s,]*(?:\b(?:please|thanks|thank you|in (?:more |great )?detail|in depth|at length|step by step|for me|costs?|works?|in (?:python|typescript|javascript|bash|sql|html|css|java|go|rust|react|node))\b)[\s,]*$/i;

const OTHER_PERSON: ReadonlyMap<string, string> = new Map([
  ["my", "your"],
  ["our", "your"],
  ["mine", "yours"],
  ["i", "you"],
  ["me", "you"],
  ["we", "you"],
  ["us", "you"],
  ["am", "are"],
  ["i'm", "you're"],
  ["your", "our"],
  ["you", "we"],
]);

/** Words that point at something without naming it. */
const POINTERS: ReadonlySet<string> = new Set([
  "it",
  "this",
  "that",
  "these",
  "those",
  "there",
  "one",
  "all",
]);

/** What a message is about, in a few of its own words, fit to stand in a sentence or a heading. */
export function topicOf(message: string): string {
  const sentence = /[^.?!\n]*\p{L}[^.?!\n]*/u.exec(plain(message))?.[0] ?? "";
  let rest = sentence.trim();
  for (let shorter = strip(rest); shorter !== rest; shorter = strip(rest)) rest = shorter;
  const words = rest.split(/\s+/).filter((word) => word !== "");
  const turned = words.slice(0, MOST_WORDS).map((word) => OTHER_PERSON.get(word.toLowerCase()) ?? word);
  const topic = clip(turned.join(" "));
  return /\p{L}/u.test(topic) && !POINTERS.has(topic.toLowerCase()) ? topic : NO_TOPIC;
}

/** The two things that a question sets side by side. */
export function sidesOf(message: string): readonly [string, string] | undefined {
  const text = plain(message).replace(/\bwhich (?:is|one is) (?:better|best|cheaper|faster)\b[\s,:]*/i, "");
  const found =
    /\bbetween (.+?) and (.+?)(?:[.?!\n]|$)/i.exec(text) ??
    /([^.?!\n,:]+?) (?:vs\.?|versus|or) (?!\w+ing\b)(.+?)(?:[.?!\n]|$)/i.exec(text) ??
    /\bcompare (.+?) (?:and|with|to) (.+?)(?:[.?!\n]|$)/i.exec(text);
  const [, one, other] = found ?? [];
  if (!(one && other)) return undefined;
  const named = (side: string): string => topicOf(side).replace(/^(?:the|an?) /i, "");
  return [named(one), named(other)];
}

/** Words that no code is named after. */
const SAY_NOTHING: ReadonlySet<string> = new Set(
  "the your our with and that which for python script code function snippet typescript javascript sql query html css bash curl json api example".split(
    " ",
  ),
);

/** A name for code, made of a topic's words: `resetYourPassword`. */
export function identifierOf(topic: string): string {
  const words = topic.toLowerCase().match(/[a-z][a-z0-9]*/g) ?? [];
  const telling = words.filter((word) => word.length > 2 && !SAY_NOTHING.has(word));
  const [first, ...others] = telling.slice(0, 3);
  return first === undefined ? "runExample" : first + others.map(capital).join("");
}

/** The text with its first letter in upper case. */
export function capital(text: string): string {
  const [first = ""] = text;
  return first.toUpperCase() + text.slice(first.length);
}

function plain(text: string): string {
  return text
    .replace(/```[\s\S]*?(?:```|$)/g, " ")
    .replace(/[`*_#<>[\](){}|~"“”\\]/g, " ")
    .replace(/[^\S\n]+/g, " ")
    .toWellFormed();
}

function strip(text: string): string {
  return text.replace(LEAD, "").replace(TAIL, "").trim();
}

function clip(text: string): string {
  const characters = [...text];
  if (characters.length <= MOST_CHARACTERS) return text.replace(/[\s,;:–-]+$/, "");
  const cut = characters.slice(0, MOST_CHARACTERS).join("");
  return cut.replace(/\s+\S*$/, "");
}
