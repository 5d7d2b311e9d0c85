import type { SigningKeyRecord } from "../../../src/ports/registry-store.ts";
import type { Scope, TenantId } from "../../../src/ports/scope.ts";
import { NOTHING_USED } from "../../../src/ports/usage-store.ts";
import type { VisitorFamily } from "../../../src/ports/visitor-families.ts";
import { end, turn } from "../archive/turns.ts";
import { scopeOf } from "../support/scopes.ts";
import type { World } from "./world.ts";

/** One thing that one user does. */
export interface Step {
  readonly op: keyof typeof OPERATIONS;
  readonly user: number;
  readonly conversation: number;
  /** Which earlier message it is about. */
  readonly about: number;
}

/** Where a step is taken. */
interface Here {
  readonly world: World;
  readonly scope: Scope;
  readonly tenant: TenantId;
  readonly conversation: string;
  /** Number of the step: what it makes is named by it, so both tenants make the same names. */
  readonly number: number;
  readonly about: number;
  readonly at: number;
  /** In everything that the tenant stores, and in nothing that another does. */
  readonly marker: string;
}

const START = 1_700_000_000_000;
const LIMITS = { messagesPerMinute: 4, messagesPerHour: 6, concurrentStreams: 1 };

const ask = (here: Here, fields: object) =>
  here.world.archive.forUser(here.scope).accept({
    ...turn(`${here.marker} asked`, { at: here.at, ...fields }),
    clientId: `client${here.number}`,
    digest: here.marker,
    message: `m${here.number}`,
    reply: `r${here.number}`,
    newConversation: here.conversation,
  });
const archiveOf = ({ world, scope }: Here) => world.archive.forUser(scope);
const message = ({ number, marker, at }: Here) =>
  ({ id: `m${number}`, role: "user", position: number, content: marker, at }) as const;
const layered = async (layer: World["recent"], here: Here) => {
  const { scope, conversation } = here;
  const { messages, complete, revision } = await layer.read(scope, conversation);
  if (messages === null) {
    await layer.refill(scope, conversation, { messages: [message(here)], complete: true, revision });
  } else {
    await layer.add(scope, conversation, message(here));
  }
  return { messages, complete };
};
const purgeAll = async ({ world, scope, at, marker, number }: Here) => {
  const records = world.records.forUser(scope);
  const { id } = await records.begin({ id: `e${number}`, by: marker, at });
  while (!(await records.purge(id, 5))) {
    // Again until nothing is left.
  }
  return records.finish(id, at);
};

/** Everything that can be asked of any port in the name of a tenant or of one of its users. */
export const OPERATIONS = {
  ask: (here: Here) => ask(here, { conversation: here.conversation }),
  askLatest: (here: Here) => ask(here, {}),
  edit: (here: Here) => ask(here, { kind: "edit", target: `m${here.about}` }),
  regenerate: (here: Here) => ask(here, { kind: "regenerate", target: `m${here.about}` }),
  answer: (here: Here) =>
    archiveOf(here).endReply(
      end(`r${here.about}`, { content: `${here.marker} answered`, model: here.marker, at: here.at }),
    ),
  raise: (here: Here) => archiveOf(here).raiseEpoch(`r${here.about}`, here.number),
  create: (here: Here) => archiveOf(here).createConversation(here.conversation, here.at),
  clear: (here: Here) => archiveOf(here).clear(here.conversation, here.at),
  rate: (here: Here) => archiveOf(here).rate(`r${here.about}`, "up", here.marker, here.at),
  push: (here: Here) =>
    archiveOf(here).push(here.conversation, {
      id: `p${here.number}`,
      role: "assistant",
      content: here.marker,
      author: { kind: "agent", name: here.marker },
      at: here.at,
    }),
  adopt: (here: Here) => archiveOf(here).adopt(scopeOf("", "anon_1").user, here.at),
  read: async (here: Here) => ({
    messages: await archiveOf(here).messages(here.conversation, { limit: 5, before: `m${here.about}` }),
    last: await archiveOf(here).messages(here.conversation, { limit: 9 }),
    context: await archiveOf(here).context(here.conversation, here.about, 9),
    of: await archiveOf(here).conversationOf(`m${here.about}`),
  }),
  list: async (here: Here) => ({
    conversations: await archiveOf(here).conversations({ limit: 2 }),
    latest: await archiveOf(here).latestConversation(),
    cleared: await archiveOf(here).clearedSince(0),
    open: await archiveOf(here).openReplies(),
  }),
  find: async (here: Here) => ({
    reply: await archiveOf(here).reply(`r${here.about}`),
    replyTo: await archiveOf(here).replyTo(`client${here.about}`),
    accepted: await archiveOf(here).accepted(`client${here.about}`),
  }),
  kept: async ({ world, scope, conversation }: Here) => {
    const records = world.records.forUser(scope);
    return {
      conversations: (await records.conversations({ limit: 9 })).records,
      messages: (await records.messages(conversation, { limit: 99 })).records,
      open: await records.openReplies(),
      erasure: await records.erasure(),
    };
  },
  erase: purgeAll,
  users: async ({ world, tenant }: Here) => {
    const { records } = await world.records.users(tenant, { limit: 99 });
    return [...new Set(records)].toSorted();
  },
  expire: ({ world, tenant, at }: Here) =>
    world.records.expire(tenant, { before: at - 6, limit: 50 }).then(({ messages }) => messages),
  ofTenant: async ({ world, tenant, scope, conversation }: Here) => ({
    list: await world.conversations.forTenant(tenant).list({ limit: 3 }),
    messages: await world.conversations.forTenant(tenant).messages(scope.user, conversation, { limit: 3 }),
    users: (await world.conversations.forTenant(tenant).usersOf(conversation)).toSorted((one, other) =>
      one.user < other.user ? -1 : 1,
    ),
  }),
  recent: (here: Here) => layered(here.world.recent, here),
  session: (here: Here) => layered(here.world.session, here),
  drop: async ({ world, scope, conversation }: Here) => {
    await world.recent.drop(scope, conversation);
    await world.session.eraseUser(scope, [conversation]);
  },
  summarize: async ({ world, scope, conversation, number, marker }: Here) => {
    const before = await world.summaries.read(scope, conversation);
    const claim = await world.summaries.claim(scope, conversation, 60);
    if (claim === null) return { before, claimed: false };
    await world.summaries.write(scope, conversation, { text: marker, position: number }, claim);
    if (number % 2 === 0) await world.summaries.unclaim(scope, conversation, claim);
    return { before, claimed: true };
  },
  forgetSummary: ({ world, scope, conversation }: Here) => world.summaries.eraseUser(scope, [conversation]),
  journal: async ({ world, scope, about, number, marker }: Here) => {
    const reply = `r${about}`;
    const before = await world.journal.read(scope, reply);
    await world.journal.append([{ ...scope, reply, epoch: 1, seq: number + 1, text: marker }]);
    return before;
  },
  dropJournal: ({ world, scope, about }: Here) => world.journal.drop(scope, `r${about}`, 1),
  cache: async ({ world, tenant, scope, about, marker }: Here) => {
    const cache = world.answerCache.forTenant(tenant);
    const before = await cache.get(`digest${about % 3}`);
    await cache.set(`digest${about % 3}`, { content: marker, model: marker }, 600, scope.user);
    return before;
  },
  forgetAnswers: ({ world, tenant, scope }: Here) =>
    world.answerCache.forTenant(tenant).eraseUser(scope.user),
  admit: ({ world, scope, conversation, number }: Here) =>
    world.limiter.admit({ ...scope, reservation: `r${number}`, stream: conversation, limits: LIMITS }),
  admitForAll: ({ world, tenant, conversation, number }: Here) =>
    world.limiter.admit({
      tenant,
      user: null,
      reservation: `r${number}`,
      stream: conversation,
      limits: LIMITS,
    }),
  finishForAll: ({ world, tenant, about }: Here) => world.limiter.finish({ tenant, user: null }, `r${about}`),
  finish: ({ world, scope, about }: Here) => world.limiter.finish(scope, `r${about}`),
  release: ({ world, scope, about }: Here) => world.limiter.release(scope, `r${about}`),
  lease: async ({ world, scope, conversation, marker }: Here) => {
    const owner = await world.leases.ownerOf(scope, conversation);
    return [owner, await world.leases.acquire(scope, conversation, marker, { seconds: 600, above: 0 })];
  },
  giveUp: ({ world, scope, conversation, marker }: Here) =>
    world.leases.release({ scope, conversation, epoch: 1 }, marker),
  arrive: async ({ world, scope, marker }: Here) => {
    await world.presence.register(scope, marker, 600);
    return (await world.presence.instancesOf(scope)).toSorted();
  },
  leave: ({ world, scope, marker }: Here) => world.presence.unregister(scope, marker),
  visit: async ({ world, tenant, scope, number }: Here) => {
    const families = world.visitorFamilies.forTenant(tenant);
    const known = await families.get(scope.user);
    const family: VisitorFamily = {
      current: number + 1,
      uses: [],
      ended: null,
      expiresAt: START * 2,
      revision: (known?.revision ?? 0) + 1,
    };
    const put = await families.put(scope.user, family);
    return { known, put, forgotten: number % 5 === 0 ? await families.forget(9) : 0 };
  },
  audit: async ({ world, tenant, number, at, marker }: Here) => {
    const log = world.audit.forTenant(tenant);
    const id = String(number).padStart(4, "0");
    await log.append({ id, at, actor: { kind: "system", name: marker }, action: marker });
    return log.read({ limit: 3 });
  },
  use: async ({ world, tenant, about, marker }: Here) => {
    const usage = world.usage.forTenant(tenant);
    const counts = { ...NOTHING_USED, messages: 1, inputTokens: about, outputTokens: 2, cost: 0.5 };
    await usage.add({ day: "2026-11-24", model: marker, ...counts });
    const today = { siteKey: "site", day: "2026-11-24" };
    await usage.addOfSiteKey(today, about);
    return [await usage.read({ from: "2026-11-01", to: "2026-11-30" }), await usage.ofSiteKey(today)];
  },
  signingKey: async ({ world, tenant, about, at, marker }: Here) => {
    const kid = `kid${about % 2}`;
    const record: SigningKeyRecord = {
      kid,
      tenant,
      createdAt: at,
      lastUsedAt: null,
      algorithm: "HS256",
      secret: marker,
    };
    await world.registry.putSigningKey(record);
    return world.registry.signingKeys(tenant);
  },
  apiKey: async ({ world, tenant, about, at, marker }: Here) => {
    await world.registry.putApiKey({
      id: `key${about % 2}`,
      tenant,
      name: marker,
      kind: "ak",
      hash: `${marker} ${about % 2}`,
      createdAt: at,
      lastUsedAt: null,
    });
    return [await world.registry.apiKeys(tenant), await world.registry.apiKey(`${marker} 0`)];
  },
  deleteKey: ({ world, tenant, about }: Here) => world.registry.deleteSigningKey(tenant, `kid${about % 2}`),
};

const USERS = ["user", "anon_1"];
const CONVERSATIONS = ["c1", "c2"];

/** Takes a step in the name of a tenant. @returns what it answered, also where that is an error */
export async function take(
  world: World,
  { tenant, marker }: { tenant: string; marker: string },
  step: Step,
  number: number,
): Promise<unknown> {
  const scope = scopeOf(tenant, USERS[step.user] ?? "");
  const here: Here = {
    world,
    scope,
    tenant: scope.tenant,
    conversation: CONVERSATIONS[step.conversation] ?? "",
    number,
    about: step.about,
    at: START + number,
    marker,
  };
  try {
    return (await OPERATIONS[step.op](here)) ?? null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: error.name, code: "code" in error ? error.code : undefined };
  }
}
