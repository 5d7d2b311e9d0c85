import type { AcceptRequest, AcceptResult } from "../../../ports/archive.ts";
import { DynamoDbError } from "../errors.ts";
import { clientKey, conversationKey, idKey, messageKey, owedKey } from "../keys.ts";
import type { AcceptanceItem, ConversationItem, IdItem, MessageItem } from "../records.ts";
import { stands, withCut } from "../standing.ts";
import { storedText } from "../texts.ts";
import type { Decision, UserChange, Writing } from "../user-log.ts";
import { cutHeadings, type Headings, headingsChange, listedAs, withSaid } from "./headings.ts";
import { itemKey, latest, live, messageAt, openReplies, standingBefore, type User } from "./user.ts";

type Deciding = Promise<Decision<AcceptResult>>;

const NOT_FOUND: Decision<AcceptResult> = { result: { outcome: "not-found" } };
const FULL: Decision<AcceptResult> = { result: { outcome: "full" } };

/** Decides {@link UserArchive.accept}. */
export async function accept(user: User, request: AcceptRequest, writing: Writing): Deciding {
  const named =
    request.kind === "message"
      ? conversationKey(request.conversation ?? request.newConversation)
      : idKey(request.target ?? "");
  const fresh = request.kind === "regenerate" ? [request.reply] : [request.reply, request.message];
  const keys = [clientKey(request.clientId), named, ...fresh.map(idKey)];
  const [[known = null, found = null, ...others], open] = await Promise.all([
    user.db.getAll<object>(keys.map((sk) => itemKey(user, sk))),
    openReplies(user),
  ]);
  if (known !== null) return { result: knownResult(known as AcceptanceItem, request) };
  if (others.some((other) => other !== null)) {
    return taken("the id of a new message or reply is taken");
  }
  if (request.kind !== "message") return askAnew(user, request, writing, found as IdItem | null, open);
  return ask(user, request, writing, found as ConversationItem | null, open);
}

function taken(message: string): { refusal: Error } {
  return { refusal: new DynamoDbError("constraint", message) };
}

/** What a frame comes to whose client's id was accepted before. */
function knownResult({ conversation, message, reply, digest }: AcceptanceItem, request: AcceptRequest) {
  if (digest !== request.digest) return { outcome: "conflict" } as const;
  return { outcome: "duplicate", conversation, message, reply } as const;
}

async function ask(
  user: User,
  request: AcceptRequest,
  writing: Writing,
  found: ConversationItem | null,
  open: readonly MessageItem[],
): Deciding {
  const named = request.conversation !== undefined;
  const target = named ? live(found) : await latest(user);
  if (target === null && named) return NOT_FOUND;
  if (target === null && found !== null) {
    return taken("the id of a new conversation is taken");
  }
  const standing = target === null ? [] : standingIn(target, open);
  if (standing.length >= request.openLimit) return FULL;
  const conversation: ConversationItem = target ?? {
    id: request.newConversation,
    lastPosition: 0,
    cuts: [],
    changedAt: request.at,
    v: writing.version,
  };
  return owe(user, request, writing, { conversation, headings: conversation, superseded: [] });
}

async function askAnew(
  user: User,
  request: AcceptRequest,
  writing: Writing,
  place: IdItem | null,
  open: readonly MessageItem[],
): Deciding {
  if (place === null) return NOT_FOUND;
  const [target, conversation] = await Promise.all([
    messageAt(user, place),
    user.db.get<ConversationItem>(itemKey(user, conversationKey(place.conversation))).then(live),
  ]);
  if (target?.role !== "user" || target.reply === undefined) return NOT_FOUND;
  if (conversation === null || !stands(conversation.cuts, target)) return NOT_FOUND;
  const standing = standingIn(conversation, open);
  const before = standing.filter(({ position }) => position < target.position);
  if (before.length >= request.openLimit) return FULL;
  const superseded = standing
    .filter(({ position }) => position >= target.position)
    .sort((one, other) => one.position - other.position)
    .map(({ id }) => id);
  const cut = { position: target.position, slot: request.kind === "edit" ? 0 : 1, n: writing.version };
  const [headings, [last]] = await Promise.all([
    cutHeadings(user, conversation, cut),
    standingBefore(user, conversation, { end: cut, limit: 1 }),
  ]);
  return owe(user, request, writing, {
    conversation: { ...conversation, cuts: withCut(conversation.cuts, cut) },
    headings,
    superseded,
    truncatedAfter: last?.id ?? null,
    ...(request.kind === "regenerate" ? { question: target } : {}),
  });
}

interface Turn {
  /** As it is, with the cut that the turn makes. */
  readonly conversation: ConversationItem;
  readonly headings: Headings;
  readonly superseded: readonly string[];
  readonly truncatedAfter?: string | null;
  /** The question that is answered anew; absent where there is a new one. */
  readonly question?: MessageItem;
}

/** What every accepted turn changes: the question, the open reply, the ids, the conversation. */
function owe(
  user: User,
  request: AcceptRequest,
  { version: n, token }: Writing,
  turn: Turn,
): Decision<AcceptResult> {
  const { conversation, superseded, question, truncatedAfter } = turn;
  const { at, reply, clientId, digest, kind } = request;
  const position = question?.position ?? conversation.lastPosition + 1;
  const message = question?.id ?? request.message;
  const text = storedText(user.pk, token, question === undefined ? request.content : "");
  const said = { position, slot: 0, role: "user" as const, content: request.content };
  const { set: headings, remove } = headingsChange(
    question === undefined ? withSaid(turn.headings, said) : turn.headings,
  );
  const questionChange: UserChange[] =
    question === undefined
      ? made({ ...said, ...text.fields, id: message, conversation: conversation.id, n, clientId, at, reply })
      : [{ sk: messageKey(conversation.id, question), set: { reply } }];
  const owed = {
    tenant: user.scope.tenant,
    user: user.scope.user,
    reply,
    ...(user.era === 0 ? {} : { era: user.era }),
  };
  return {
    result: {
      outcome: "accepted",
      conversation: conversation.id,
      message,
      reply,
      position,
      superseded,
      ...(truncatedAfter === undefined ? {} : { truncatedAfter }),
    },
    changes: {
      said: at,
      staged: [...text.staged, { key: owedKey(user.pk, reply), set: owed }],
      items: [
        ...questionChange,
        ...made({
          id: reply,
          conversation: conversation.id,
          position,
          slot: 1,
          n,
          role: "assistant",
          content: "",
          at,
          question: message,
          kind,
          status: "queued",
          open: n,
          seq: 0,
          epoch: 1,
        }),
        { sk: clientKey(clientId), set: { conversation: conversation.id, message, reply, digest } },
      ],
      conversation: {
        sk: conversationKey(conversation.id),
        set: {
          id: conversation.id,
          lastPosition: Math.max(conversation.lastPosition, position),
          cuts: conversation.cuts,
          changed: n,
          changedAt: at,
          ...listedAs(user, conversation.id),
          ...headings,
        },
        remove,
      },
    },
  };
}

/** A new message and where its id stands. */
export function made(message: MessageItem): UserChange[] {
  const { id, conversation, position, slot, n } = message;
  return [
    { sk: messageKey(conversation, message), set: message },
    { sk: idKey(id), set: { conversation, position, slot, n } },
  ];
}

/** The open replies of a conversation that were not superseded: others are as good as cancelled. */
function standingIn({ id, cuts }: ConversationItem, open: readonly MessageItem[]): MessageItem[] {
  return open.filter((reply) => reply.conversation === id && stands(cuts, reply));
}
