import type { ModelRequest } from "../../ports/model.ts";
import { NO_TOPIC, sidesOf, topicOf } from "./topic.ts";

/** The kinds of question that are answered each in its own way. */
export type QuestionKind =
  | "greeting"
  | "thanks"
  | "person"
  | "code"
  | "comparison"
  | "price"
  | "trouble"
  | "how-to"
  | "explain";

/** Languages that code is written in. */
export type CodeLanguage = "ts" | "js" | "python" | "bash" | "sql" | "html" | "css" | "json";

/** What the simulated model understands of a conversation. */
export interface Question {
  readonly kind: QuestionKind;
  readonly topic: string;
  /** What is set side by side; only where `kind` is `comparison`. */
  readonly sides: readonly [string, string];
  readonly language: CodeLanguage;
  /** Whether a long answer was asked for. */
  readonly long: boolean;
  /** What the question before this one was about. */
  readonly earlier: string | undefined;
  /** Whether nothing has been answered yet. */
  readonly first: boolean;
  /** Whom the assistant works for, where the system prompt says so. */
  readonly company: string | undefined;
}

const GREETING =
  /^(?:help|what can you do|who are you|what are you)\W*$|^(?:hi|hello|hey|hallo|hola|bonjour|ciao|moin|good (?:morning|afternoon|evening))\b[^?]{0,30}$/i;
const THANKS =
  /^(?:thanks|thank you|thx|cheers|merci|danke|gracias|great|perfect|awesome|cool|got it|ok(?:ay)?)\b[^?]{0,50}$/i;

const KINDS: readonly (readonly [QuestionKind, RegExp])[] = [
  ["greeting", GREETING],
  ["thanks", THANKS],
  [
    "person",
    /\b(?:talk|speak|chat|write|connect)\b.*\b(?:person|human|someone|somebody|agent|support|sales)\b/i,
  ],
  [
    "code",
    /^(?!what(?:'s| is| are) (?:an? )?[\w-]+\W*$).*(?:```|\b(?:code|snippet|script|function|regex|sql|python|javascript|typescript|bash|curl|json|html|css|api|endpoint|sdk|webhook|react|node\.?js)\b)/is,
  ],
  [
    "comparison",
    /\b(?:vs\.?|versus|compare[ds]?|comparison|differences?)\b|\bwhich\b.*\bor\b|\b(?:better|should)\b.*\bor\b/i,
  ],
  [
    "price",
    /\b(?:prices?|pricing|costs?|how much|plans?|subscriptions?|discounts?|free trial|cheap\w*)\b|[€$£]/i,
  ],
  [
    "trouble",
    /\b(?:errors?|broken|fail(?:s|ed|ing)?|(?:does|do|is|did|wo|ca)n['’]?t|not working|cannot|stuck|crash\w*|bugs?|problems?|wrong)\b/i,
  ],
  [
    "how-to",
    /\bhow (?:do|can|to|should|would)\b|\bsteps?\b|\bset ?up\b|\binstall\w*|\bconfigur\w*|\bguide\b|\bwhere (?:do|can) i\b/i,
  ],
];

/** How much of a message is read: enough to tell what it is about, and little enough for any pattern. */
const READ_CHARACTERS = 400;

/** Kinds whose subject is worth coming back to. */
const TO_GO_ON_FROM: ReadonlySet<QuestionKind> = new Set([
  "code",
  "comparison",
  "price",
  "how-to",
  "explain",
]);

const LANGUAGES: readonly (readonly [CodeLanguage, RegExp])[] = [
  ["python", /\bpython\b|\bdjango\b|\bflask\b/i],
  ["sql", /\bsql\b|\bpostgres\w*|\bdatabase query\b/i],
  ["bash", /\bbash\b|\bshell\b|\bcurl\b|\bcommand line\b|\bterminal\b/i],
  ["html", /\bhtml\b|\bembed\b/i],
  ["css", /\bcss\b|\bstyle ?sheet\b/i],
  ["json", /\bjson\b|\bwebhook\b/i],
  ["js", /\bjavascript\b|\bjs\b/i],
];

const LONG =
  /\b(?:long (?:answer|explanation|text|essay|guide)|in (?:more |great )?detail|in depth|at length|detailed|thorough|comprehensive|essay)\b/i;

/** Reads the last message of a conversation, in the light of what came before it. */
export function readQuestion(request: Pick<ModelRequest, "system" | "turns">): Question {
  const asked = request.turns
    .filter((turn) => turn.role === "user")
    .map((turn) => turn.content.trim().slice(0, READ_CHARACTERS));
  const text = asked.at(-1) ?? "";
  const sides = sidesOf(text);
  const earlier = asked.slice(0, -1).filter((former) => TO_GO_ON_FROM.has(kindOf(former)));
  return {
    kind: kindOf(text),
    topic: topicOf(text),
    sides: sides ?? [NO_TOPIC, NO_TOPIC],
    language: LANGUAGES.find(([, signs]) => signs.test(text))?.[0] ?? "ts",
    long: LONG.test(text),
    earlier: earlier.map(topicOf).findLast((topic) => topic !== NO_TOPIC),
    first: !request.turns.some((turn) => turn.role === "assistant"),
    company: companyIn(request.system),
  };
}

function kindOf(text: string): QuestionKind {
  const fits = ([kind, signs]: (typeof KINDS)[number]): boolean =>
    signs.test(text) && (kind !== "comparison" || sidesOf(text) !== undefined);
  return KINDS.find(fits)?.[0] ?? "explain";
}

function companyIn(system: string): string | undefined {
  const name =
    /\b(?:assistant|agent|support|helper|bot)\b[^.]{0,20}?\b(?:for|of|at) ([A-Z][\w&-]*(?: [A-Z][\w&-]*){0,2})/;
  return name.exec(system)?.[1];
}
