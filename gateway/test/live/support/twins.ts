import { connect, signToken, type TestClient } from "./test-client.ts";
import { ACME_SECRET, GLOBEX_SECRET } from "./test-gateway.ts";

/** One of two tenants whose users, clients' ids and questions are the same. */
interface Twin {
  readonly tenant: "acme" | "globex";
  /** In all that the tenant says, and in nothing that the other does. */
  readonly marker: string;
  readonly apiKey: string;
  readonly adminKey: string;
  readonly sockets: TestClient[];
  readonly answers: string[];
  /** Ids that the gateway gave, oldest first. */
  readonly conversations: string[];
  readonly messages: string[];
  readonly replies: string[];
  readonly token: string;
}

/** What one tenant was told, as text: frames and bodies. */
export interface Told {
  readonly tenant: "acme" | "globex";
  readonly marker: string;
  readonly texts: readonly string[];
}

/** Keys of the twins' back ends and admins. */
export const TWIN_KEYS = {
  acme: { sk: "sk_acme_0123456789abcdefghijklmn", ak: "ak_acme_0123456789abcdefghijklmno" },
  globex: { sk: "sk_globex_0123456789abcdefghijklm", ak: "ak_globex_0123456789abcdefghijklmn" },
} as const;

/** The twins as a gateway is seeded with them: alike but for keys and the marker in their prompts. */
export function twinSeed(cache: boolean) {
  const tenant = (id: "acme" | "globex", secret: string) => ({
    id,
    tier: "unlimited" as const,
    model: "claude-haiku-5-5",
    systemPrompt: "You answer.",
    cache: { exact: cache, ttlSeconds: 600 },
    look: { title: markerOf(id) },
    siteKeys: [{ key: `pk_${id}`, allowedOrigins: ["https://shop.example"] }],
    signingKeys: [{ kid: "the-same-kid", algorithm: "HS256" as const, secret }],
    apiKeys: [
      { kind: "sk" as const, key: TWIN_KEYS[id].sk },
      { kind: "ak" as const, key: TWIN_KEYS[id].ak },
    ],
  });
  return { tenants: [tenant("acme", ACME_SECRET), tenant("globex", GLOBEX_SECRET)] };
}

/** What marks a tenant's own words. */
export function markerOf(tenant: "acme" | "globex"): string {
  return tenant === "acme" ? "zebra-words" : "quokka-words";
}

type Random = () => number;
const SUB = "the same person";

/** Lets the twins use a gateway in random turns. @returns what each was told */
export async function playTwins(port: number, random: Random, steps: number): Promise<readonly Told[]> {
  const twins = await Promise.all([
    makeTwin("acme", ACME_SECRET, port),
    makeTwin("globex", GLOBEX_SECRET, port),
  ]);
  const [acme, globex] = twins;
  if (acme === undefined || globex === undefined) throw new Error("there are two twins");
  const counts = new Map([
    [acme, 0],
    [globex, 0],
  ]);
  for (let step = 0; step < steps; step++) {
    const [twin, other] = random() < 0.5 ? [acme, globex] : [globex, acme];
    const number = (counts.get(twin) ?? 0) + 1;
    counts.set(twin, number);
    await pick(random, ACTIONS)({ twin, other, id: `step-${number}`, random, port });
  }
  for (const twin of twins) {
    for (const socket of twin.sockets) {
      await socket.close();
      twin.answers.push(...socket.frames.map((frame) => JSON.stringify(frame)));
    }
  }
  return twins.map(({ tenant, marker, answers }) => ({ tenant, marker, texts: answers }));
}

async function makeTwin(tenant: Twin["tenant"], secret: string, port: number): Promise<Twin> {
  const marker = markerOf(tenant);
  const token = signToken({ tenant_id: tenant, sub: SUB, name: marker }, { secret, kid: "the-same-kid" });
  const chatUrl = `ws://127.0.0.1:${port}/v1/chat`;
  return {
    tenant,
    marker,
    token,
    apiKey: TWIN_KEYS[tenant].sk,
    adminKey: TWIN_KEYS[tenant].ak,
    sockets: [await connect(chatUrl, { token }), await connect(chatUrl, { token })],
    answers: [],
    conversations: [],
    messages: [],
    replies: [],
  };
}

interface Turn {
  readonly twin: Twin;
  readonly other: Twin;
  /** The same for both twins at their own step of that number. */
  readonly id: string;
  readonly random: Random;
  readonly port: number;
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

/** One of the twin's own ids, or of the other's, or of none. */
function anyOf(turn: Turn, kind: "conversations" | "messages" | "replies"): string {
  const { twin, other, random } = turn;
  const ids = random() < 0.5 ? other[kind] : twin[kind];
  return ids.length === 0 ? "none" : pick(random, ids);
}

/** Asks, and waits for the whole answer or a refusal. */
async function asks(turn: Turn, frame: Record<string, unknown>): Promise<void> {
  const { twin, id, random } = turn;
  const socket = pick(random, twin.sockets);
  socket.send({ ...frame, id });
  await socket.until(
    () => socket.all("ack").some((ack) => ack.id === id) || socket.all("error").some(({ ref }) => ref === id),
    "an answer to a question",
  );
  const ack = socket.all("ack").find((found) => found.id === id);
  if (ack === undefined) return;
  await socket.frame("done", ({ reply }) => reply === ack.reply);
  twin.conversations.push(ack.conversation);
  twin.messages.push(ack.message);
  twin.replies.push(ack.reply);
}

/** Sends a frame, and waits for what answers it. */
async function says(turn: Turn, frame: Record<string, unknown>): Promise<void> {
  const socket = pick(turn.random, turn.twin.sockets);
  const before = socket.frames.length;
  socket.send({ ...frame, id: turn.id });
  await socket.until(
    () => socket.frames.slice(before).some((answer) => "ref" in answer && answer.ref === turn.id),
    `an answer to ${String(frame.type)}`,
  );
}

async function calls(
  { twin, port }: Turn,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  twin.answers.push(await response.text());
}

const person = encodeURIComponent(SUB);

/** What a twin may do. */
const ACTIONS: readonly ((turn: Turn) => Promise<void>)[] = [
  (turn) => asks(turn, { type: "message", content: `${turn.twin.marker} asks [[sim tokens=4]]` }),
  (turn) => asks(turn, { type: "message", content: `${turn.twin.marker} goes on [[sim tokens=4]]` }),
  (turn) => {
    const conversation = anyOf(turn, "conversations");
    return asks(turn, {
      type: "message",
      content: `${turn.twin.marker} there [[sim tokens=4]]`,
      conversation,
    });
  },
  (turn) => {
    const message = anyOf(turn, "messages");
    return asks(turn, { type: "edit", message, content: `${turn.twin.marker} rather [[sim tokens=4]]` });
  },
  (turn) => asks(turn, { type: "regenerate", message: anyOf(turn, "messages") }),
  (turn) => says(turn, { type: "open", conversation: anyOf(turn, "conversations") }),
  (turn) => says(turn, { type: "history", conversation: anyOf(turn, "conversations"), limit: 10 }),
  (turn) => says(turn, { type: "conversations", limit: 10 }),
  (turn) => says(turn, { type: "clear", conversation: anyOf(turn, "conversations") }),
  (turn) => says(turn, { type: "cancel", reply: anyOf(turn, "replies") }),
  (turn) => {
    const message = anyOf(turn, "replies");
    return says(turn, { type: "feedback", message, rating: "down", comment: turn.twin.marker });
  },
  (turn) =>
    says(turn, { type: "handoff", conversation: anyOf(turn, "conversations"), reason: turn.twin.marker }),
  async (turn) => {
    const socket = pick(turn.random, turn.twin.sockets);
    const reply = anyOf(turn, "replies");
    const before = socket.frames.length;
    socket.send({ type: "resume", reply, after: 0, id: turn.id });
    await socket.until(
      () =>
        socket.frames
          .slice(before)
          .some(
            (frame) =>
              ("ref" in frame && frame.ref === turn.id) || (frame.type === "done" && frame.reply === reply),
          ),
      "an answer to a resume",
    );
  },
  async (turn) => {
    const { twin, random, port } = turn;
    const index = Math.floor(random() * twin.sockets.length);
    const old = twin.sockets[index];
    if (old === undefined) return;
    await old.close();
    twin.answers.push(...old.frames.map((frame) => JSON.stringify(frame)));
    twin.sockets[index] = await connect(`ws://127.0.0.1:${port}/v1/chat`, { token: twin.token });
  },
  (turn) => {
    const body = { id: turn.id, content: `${turn.twin.marker} pushes` };
    return calls(turn, turn.twin.apiKey, "POST", `/v1/users/${person}/messages`, body);
  },
  (turn) => calls(turn, turn.twin.adminKey, "GET", "/admin/api/tenants"),
  (turn) => calls(turn, turn.twin.adminKey, "GET", adminPath(turn, "")),
  (turn) => calls(turn, turn.twin.adminKey, "GET", adminPath(turn, "/conversations?limit=20")),
  (turn) => {
    const conversation = anyOf(turn, "conversations");
    return calls(turn, turn.twin.adminKey, "GET", adminPath(turn, `/conversations/${conversation}`));
  },
  (turn) => calls(turn, turn.twin.adminKey, "GET", adminPath(turn, `/users/${person}/export`)),
  (turn) => calls(turn, turn.twin.adminKey, "GET", adminPath(turn, "/usage")),
  (turn) => calls(turn, turn.twin.adminKey, "GET", adminPath(turn, "/audit")),
  (turn) => calls(turn, turn.twin.adminKey, "GET", adminPath(turn, "/site-keys")),
  (turn) => calls(turn, turn.twin.adminKey, "GET", adminPath(turn, "/signing-keys")),
  (turn) => {
    const body = { name: turn.twin.marker };
    return calls(turn, turn.twin.adminKey, "PATCH", adminPath(turn, ""), body);
  },
];

/** Under the twin's own tenant, or under the other's. */
function adminPath({ twin, other, random }: Turn, path: string): string {
  return `/admin/api/tenants/${random() < 0.6 ? twin.tenant : other.tenant}${path}`;
}
