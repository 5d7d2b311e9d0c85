import { z } from "zod";
import type { ArchivedMessage } from "../../ports/archive.ts";
import type { TenantId } from "../../ports/scope.ts";
import type { TenantConversations } from "../../ports/tenant-conversations.ts";
import { type Operation, tenantOperation } from "../operation.ts";
import { Next, PageQuery } from "../paging.ts";
import { instant, listView } from "../representations.ts";
import { Refused } from "../responses.ts";

const ClearedAt = z.iso.datetime().exactOptional().describe("present where the user cleared it");

const ConversationView = z
  .object({
    id: z.string(),
    user: z.string(),
    title: z.string(),
    preview: z.string(),
    at: z.iso.datetime().describe("when it last changed"),
    clearedAt: ClearedAt,
  })
  .meta({ id: "Conversation" });

const MessageView = z
  .object({
    id: z.string(),
    clientId: z.string().exactOptional(),
    role: z.enum(["user", "assistant", "system"]),
    content: z.string(),
    at: z.iso.datetime(),
    to: z.string().exactOptional().describe("the question that it answers"),
    author: z.record(z.string(), z.unknown()).exactOptional(),
    rating: z.enum(["up", "down"]).exactOptional(),
    status: z.string().exactOptional().describe("absent is complete"),
    model: z.string().exactOptional(),
    usage: z
      .object({
        inputTokens: z.number(),
        outputTokens: z.number(),
        cachedInputTokens: z.number(),
        estimated: z.boolean().exactOptional(),
      })
      .exactOptional(),
  })
  .meta({ id: "Message" });

/** Conversations, read for support and compliance: who reads one is written down. */
export const CONVERSATION_OPERATIONS: readonly Operation[] = [
  tenantOperation({
    id: "listConversations",
    method: "GET",
    path: "/tenants/:tenant/conversations",
    summary: "List conversations of all users, latest change first",
    description: "What users cleared is among them, marked. Audited.",
    access: "viewer",
    query: PageQuery,
    status: 200,
    response: listView("conversations", ConversationView),
    async handle({ tenantId, query: { after, limit }, services: { conversations } }) {
      const page = await conversations
        .forTenant(tenantId)
        .list({ limit, ...(after === undefined ? {} : { before: after }) });
      return {
        value: {
          conversations: page.conversations.map(({ at, clearedAt, ...heading }) => ({
            ...heading,
            at: instant(at),
            ...cleared(clearedAt),
          })),
          next: page.next,
        },
        audit: {
          tenant: tenantId,
          action: "conversation.list",
          details: { count: page.conversations.length },
        },
      };
    },
  }),

  tenantOperation({
    id: "readConversation",
    method: "GET",
    path: "/tenants/:tenant/conversations/:conversation",
    summary: "Read a conversation",
    description:
      "The latest messages, oldest first, each answer after its question; `next` leads to older ones. Audited. `user` says whose it is, where two have one of the same id.",
    access: "viewer",
    query: PageQuery.extend({ user: z.string().min(1).max(255).exactOptional() }),
    status: 200,
    response: z.object({
      id: z.string(),
      user: z.string(),
      clearedAt: ClearedAt,
      messages: z.array(MessageView),
      next: Next,
    }),
    async handle({ tenantId, parameters: { conversation = "" }, query, services }) {
      const { user, page } = await read(services.conversations, { tenantId, conversation, ...query });
      return {
        value: {
          id: conversation,
          user,
          ...cleared(page.clearedAt),
          messages: page.messages.map(messageView),
          next: page.more ? (page.messages[0]?.id ?? null) : null,
        },
        audit: { tenant: tenantId, action: "conversation.read", target: conversation },
      };
    },
  }),
];

async function read(
  conversations: TenantConversations,
  wanted: {
    tenantId: TenantId;
    conversation: string;
    user?: string;
    after?: string;
    limit: number;
  },
) {
  const { tenantId, conversation, after, limit } = wanted;
  const mine = conversations.forTenant(tenantId);
  for (const { user } of await mine.usersOf(conversation)) {
    if (wanted.user !== undefined && wanted.user !== user) continue;
    const page = await mine.messages(user, conversation, {
      limit,
      ...(after === undefined ? {} : { before: after }),
    });
    if (page !== null) return { user, page };
  }
  throw new Refused("NOT_FOUND", "there is no such conversation");
}

function cleared(at: number | undefined): { clearedAt?: string } {
  return at === undefined ? {} : { clearedAt: instant(at) };
}

function messageView(message: ArchivedMessage): z.input<typeof MessageView> {
  const { position: _place, at, author, ...shown } = message;
  return {
    ...shown,
    at: instant(at),
    ...(author === undefined ? {} : { author: { ...author } }),
  } as z.input<typeof MessageView>;
}
