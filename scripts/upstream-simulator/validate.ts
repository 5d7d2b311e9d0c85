/** A refusal in Anthropic's words. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

/** What of a request the simulator uses, once it has passed. */
export interface MessagesRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly stream: boolean;
  readonly system: readonly Block[];
  readonly messages: readonly { readonly role: "user" | "assistant"; readonly content: readonly Block[] }[];
}

/** A content block. Only text is told apart. */
export interface Block {
  readonly type: string;
  readonly text?: string;
  readonly cache_control?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const REMOVED = ["temperature", "top_p", "top_k"];
const MOST_BREAKPOINTS = 4;
/** The last models that go on with an assistant's message in last place. */
const PREFILLED = /^claude-(?:haiku|sonnet|opus)-4-5(?:-|$)/;

const invalid = (message: string): Refusal => ({ status: 400, type: "invalid_request_error", message });
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Judges the headers: a key (either way of sending one) and a version. */
export function refuseHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  apiKey: string | undefined,
): Refusal | undefined {
  const bearer = /^Bearer (.+)$/.exec(String(headers.authorization ?? ""))?.[1];
  const given = headers["x-api-key"] ?? bearer;
  if (!given) return { status: 401, type: "authentication_error", message: "x-api-key header is required" };
  if (apiKey !== undefined && given !== apiKey) {
    return { status: 401, type: "authentication_error", message: "invalid x-api-key" };
  }
  return headers["anthropic-version"] ? undefined : invalid("anthropic-version: header is required");
}

/** Judges a body as Claude does: the request in one shape, or the refusal. */
export function readMessagesRequest(
  body: unknown,
):
  | { readonly ok: true; readonly request: MessagesRequest }
  | { readonly ok: false; readonly refusal: Refusal } {
  const refuse = (message: string) => ({ ok: false, refusal: invalid(message) }) as const;
  if (!isFields(body)) return refuse("The request body is not valid JSON");
  if (typeof body.model !== "string" || body.model === "") return refuse("model: Field required");
  if (!Number.isInteger(body.max_tokens)) return refuse("max_tokens: Field required");
  if (Number(body.max_tokens) < 1) return refuse("max_tokens: must be greater than or equal to 1");
  for (const name of REMOVED) if (name in body) return refuse(`${name}: Extra inputs are not permitted`);
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    return refuse("messages: at least one message is required");
  }
  const system = body.system === undefined ? [] : readContent(body.system, "system");
  if (typeof system === "string") return refuse(system);
  const messages: MessagesRequest["messages"][number][] = [];
  for (const [index, message] of body.messages.entries()) {
    if (!isFields(message) || (message.role !== "user" && message.role !== "assistant")) {
      return refuse(`messages.${index}.role: Input should be 'user' or 'assistant'`);
    }
    const content = readContent(message.content, `messages.${index}`);
    if (typeof content === "string") return refuse(content);
    messages.push({ role: message.role, content });
  }
  const last = messages.at(-1);
  if (last?.role === "assistant") {
    if (!PREFILLED.test(body.model)) {
      return refuse(
        "This model does not support assistant message prefill. The conversation must end with a user message.",
      );
    }
    if (/\s$/.test(last.content.at(-1)?.text ?? "")) {
      return refuse("messages: final assistant content cannot end with trailing whitespace");
    }
  }
  const breakpoints = [system, ...messages.map((message) => message.content)].flat();
  if (breakpoints.filter((block) => block.cache_control !== undefined).length > MOST_BREAKPOINTS) {
    return refuse(`A maximum of ${MOST_BREAKPOINTS} blocks with cache_control may be provided.`);
  }
  const { user_id: user } = isFields(body.metadata) ? body.metadata : {};
  if (user !== undefined && (typeof user !== "string" || user.length > 256)) {
    return refuse("metadata.user_id: String should have at most 256 characters");
  }
  return {
    ok: true,
    request: {
      model: body.model,
      max_tokens: Number(body.max_tokens),
      stream: body.stream === true,
      system,
      messages,
    },
  };
}

/** The blocks of a content, or what is wrong with it. */
function readContent(content: unknown, path: string): readonly Block[] | string {
  const blocks: unknown = typeof content === "string" ? [{ type: "text", text: content }] : content;
  if (!Array.isArray(blocks)) return `${path}.content: Field required`;
  if (blocks.length === 0) return `${path}: all messages must have non-empty content`;
  for (const block of blocks) {
    if (!isFields(block) || typeof block.type !== "string")
      return `${path}.content: Input should be an object`;
    if (block.type !== "text") continue;
    if (typeof block.text !== "string" || block.text === "") {
      return `${path}: text content blocks must be non-empty`;
    }
    if (block.text.trim() === "") return `${path}: text content blocks must contain non-whitespace text`;
  }
  return blocks as readonly Block[];
}
