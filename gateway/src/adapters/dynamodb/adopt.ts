/*
 * How conversations pass from one partition to another, without transactions.
 *
 * One conversation after the other, oldest change first: all that belongs to it is written for the user, for nobody
 * to read, and becomes visible with the conversation itself, in one commit of the user's log. Then it goes from the
 * visitor, the conversation last. So each is at one of both, and who stops half-way leaves something that asking
 * again finishes: what the user has already only goes from the visitor.
 */
import type { Scope, UserId } from "../../ports/scope.ts";
import { type Era, type Eras, erasedSince } from "./eras.ts";
import { clientKey, conversationKey, idKey, messageKey } from "./keys.ts";
import { isConversation, type Keyed } from "./operations/kept.ts";
import { endReply, owedBy } from "./operations/replies.ts";
import { itemKey, type User } from "./operations/user.ts";
import type { AcceptanceItem, ConversationItem, IdItem, MessageItem } from "./records.ts";
import type { Decision, Staged, Writing } from "./user-log.ts";

/** Items that go with one write: the visitor's head holds all their keys meanwhile. */
const GONE_AT_ONCE = 400;
const NOTHING_USED = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

type Fields = Readonly<Record<string, unknown>>;
type AnyItem = Keyed<Fields>;

/** A conversation with all that belongs to it. */
interface Belongings {
  readonly conversation: Keyed<ConversationItem>;
  readonly messages: readonly Keyed<MessageItem>[];
  readonly requests: readonly Keyed<AcceptanceItem>[];
  readonly texts: readonly AnyItem[];
}

/** {@link UserArchive.adopt}. */
export async function adopt(eras: Eras, scope: Scope, visitor: UserId, at: number): Promise<string[]> {
  const passed: string[] = [];
  if (visitor === scope.user) return passed;
  await eras.run({ tenant: scope.tenant, user: visitor }, async (from) => {
    for (const { reply, conversation } of await from.log.read(() => owedBy(from.user))) {
      const end = { conversation, reply, reason: "interrupted", seq: 0, content: "", model: "", at } as const;
      const epoch = Number.MAX_SAFE_INTEGER;
      await from.log.write((writing) => endReply(from.user, { ...end, epoch, usage: NOTHING_USED }, writing));
    }
    const all = await from.log.read(() => everything(from.user));
    for (const belongings of all) {
      const taken = await eras.run(scope, async (era) => {
        if (erasedSince(era, at)) return false;
        await era.log.write((writing) => take(era.user, belongings, writing));
        return true;
      });
      if (!taken) return;
      await letGo(from, belongings, belongings === all.at(-1));
      const { id, clearedAt } = belongings.conversation;
      if (clearedAt === undefined) passed.push(id);
    }
  });
  return passed;
}

/** All of a visitor, in the order of changes; what was cleared first. */
async function everything(user: User): Promise<Belongings[]> {
  const items = await user.db.all<AnyItem>({ pk: user.pk });
  const within = <Item>(prefix: string): Keyed<Item>[] =>
    items.filter(({ sk }) => sk.startsWith(prefix)) as unknown as Keyed<Item>[];
  const spoken = within<ConversationItem | MessageItem>(conversationKey(""));
  const messages = Map.groupBy(
    spoken.filter((item): item is Keyed<MessageItem> => !isConversation(item as Keyed<MessageItem>)),
    ({ conversation }) => conversation,
  );
  const requests = Map.groupBy(within<AcceptanceItem>(clientKey("")), ({ conversation }) => conversation);
  const bySk = new Map(items.map((item) => [item.sk, item]));
  return spoken
    .filter((item): item is Keyed<ConversationItem> => isConversation(item as Keyed<ConversationItem>))
    .sort((one, other) => (one.changed ?? 0) - (other.changed ?? 0))
    .map((conversation) => {
      const mine = messages.get(conversation.id) ?? [];
      return {
        conversation,
        messages: mine,
        requests: requests.get(conversation.id) ?? [],
        texts: mine.flatMap(({ more = [] }) => more.flatMap((sk) => bySk.get(sk) ?? [])),
      };
    });
}

/** Decides the user's side. Of a client's id that both have used, the user's own stands. */
async function take(
  user: User,
  { conversation, messages, requests, texts }: Belongings,
  { version }: Writing,
): Promise<Decision<void>> {
  const sk = conversationKey(conversation.id);
  if ((await user.db.get(itemKey(user, sk))) !== null) return { result: undefined };
  const known = await user.db.getAll(requests.map((request) => itemKey(user, request.sk)));
  const earlier = earlierVersions([...messages.map(({ n }) => n), ...conversation.cuts.map(({ n }) => n)]);
  const staged: Staged[] = [
    ...requests.filter((_, index) => known[index] === null).map((item) => moved(user, item.sk, item)),
    ...texts.map((item) => moved(user, item.sk, item)),
    ...messages.flatMap((message) => {
      const { conversation: of, id, position, slot } = message;
      const place = { position, slot, n: earlier(message.n) };
      const standing = { conversation: of, ...place } satisfies IdItem;
      return [
        moved(user, messageKey(of, place), { ...message, n: place.n }),
        moved(user, idKey(id), standing),
      ];
    }),
  ];
  const cuts = conversation.cuts.map((cut) => ({ ...cut, n: earlier(cut.n) }));
  const { set } = moved(user, sk, { ...conversation, cuts });
  const changed = conversation.clearedAt === undefined ? { changed: version } : {};
  const said = Math.min(conversation.changedAt, ...messages.map(({ at }) => at));
  return {
    result: undefined,
    changes: { staged, items: [], conversation: { sk, set: { ...set, ...changed } }, said },
  };
}

/** An item without what says where it was. */
function moved(user: User, sk: string, item: object): Staged {
  const { pk: _pk, sk: _sk, v: _v, ...set } = item as Fields;
  return { key: itemKey(user, sk), set };
}

/**
 * The versions of another log in the same order, all before the first version of any: fractions. What is written
 * afterwards is later than all of them.
 */
function earlierVersions(versions: readonly number[]): (version: number) => number {
  const order = [...new Set(versions)].sort((one, other) => one - other);
  const ranks = new Map(order.map((version, index) => [version, (index + 1) / (order.length + 1)]));
  return (version) => {
    const earlier = ranks.get(version);
    if (earlier === undefined) throw new Error(`version ${version} is of no item`);
    return earlier;
  };
}

/** The visitor's side: the conversation goes last, since by it the rest is found. With the last one nothing is kept. */
async function letGo(
  from: Era,
  { conversation, messages, requests, texts }: Belongings,
  isLast: boolean,
): Promise<void> {
  const gone = [
    ...messages.flatMap(({ sk, id }) => [sk, idKey(id)]),
    ...requests.map(({ sk }) => sk),
    ...texts.map(({ sk }) => sk),
    conversation.sk,
  ];
  for (let start = 0; start < gone.length; start += GONE_AT_ONCE) {
    const some = gone.slice(start, start + GONE_AT_ONCE);
    const last = start + GONE_AT_ONCE >= gone.length;
    await from.log.write(async () => ({
      result: undefined,
      changes: { items: [], gone: some, ...(last && isLast ? { listed: null } : {}) },
    }));
  }
}
