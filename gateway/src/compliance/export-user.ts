import type { Usage } from "@parlance/protocol";
import type { ConversationSummaries } from "../ports/conversation-summaries.ts";
import type { Erasure, KeptConversation, KeptMessage, Records } from "../ports/records.ts";
import type { Scope } from "../ports/scope.ts";
import type { Clock } from "../ports/system.ts";
import { allPages } from "./all-pages.ts";

/** What an export reads. */
export interface ExportServices {
  readonly records: Records;
  readonly summaries: ConversationSummaries;
  readonly clock: Clock;
}

/** A message with all that is kept of it. Times are ISO 8601. */
export interface ExportedMessage extends Omit<KeptMessage, "at" | "ratedAt"> {
  readonly at: string;
  readonly ratedAt?: string;
}

/** A conversation with every message, those that were superseded too. */
export interface ExportedConversation {
  readonly id: string;
  readonly changedAt: string;
  /** Present where the user cleared it. */
  readonly clearedAt?: string;
  /** What a model was told of its older part in place of that part. */
  readonly summary?: string;
  readonly messages: readonly ExportedMessage[];
}

/** What a user said of an answer; it stands at the answer too. */
export interface ExportedFeedback {
  readonly conversation: string;
  readonly message: string;
  readonly rating: "up" | "down";
  readonly comment?: string;
  readonly at?: string;
}

/** Everything that is held on one user. */
export interface UserExport {
  readonly format: "parlance.user-export.v1";
  readonly tenant: string;
  readonly user: string;
  readonly exportedAt: string;
  readonly conversations: readonly ExportedConversation[];
  readonly feedback: readonly ExportedFeedback[];
  /** Of all answers that are held. */
  readonly usage: { readonly answers: number } & Required<Omit<Usage, "estimated">>;
  /** The last erasure of a user of that id, where it is remembered. */
  readonly erasure: { readonly begunAt: string; readonly erasedAt: string | null } | null;
}

/**
 * Everything that is held on a user, page by page from the archive: cleared conversations and superseded messages
 * too, each marked. Of a user who is being erased it is what is left.
 */
export async function exportUser(services: ExportServices, scope: Scope): Promise<UserExport> {
  const records = services.records.forUser(scope);
  const conversations: ExportedConversation[] = [];
  for await (const kept of allPages((page) => records.conversations(page))) {
    conversations.push(await exportConversation(services, scope, kept));
  }
  const erasure = await records.erasure();
  return {
    format: "parlance.user-export.v1",
    tenant: scope.tenant,
    user: scope.user,
    exportedAt: iso(services.clock.now()),
    conversations,
    feedback: conversations.flatMap(feedbackIn),
    usage: usageOf(conversations),
    erasure: erasure === null ? null : erasureDates(erasure),
  };
}

async function exportConversation(
  { records, summaries }: ExportServices,
  scope: Scope,
  { id, changedAt, clearedAt }: KeptConversation,
): Promise<ExportedConversation> {
  const messages: ExportedMessage[] = [];
  for await (const message of allPages((page) => records.forUser(scope).messages(id, page))) {
    const { at, ratedAt, ...rest } = message;
    messages.push({ ...rest, at: iso(at), ...(ratedAt === undefined ? {} : { ratedAt: iso(ratedAt) }) });
  }
  const summary = await summaries.read(scope, id);
  return {
    id,
    changedAt: iso(changedAt),
    ...(clearedAt === undefined ? {} : { clearedAt: iso(clearedAt) }),
    ...(summary === null ? {} : { summary: summary.text }),
    messages,
  };
}

function feedbackIn({ id: conversation, messages }: ExportedConversation): ExportedFeedback[] {
  return messages.flatMap(({ id: message, rating, ratingComment: comment, ratedAt: at }) =>
    rating === undefined
      ? []
      : [
          {
            conversation,
            message,
            rating,
            ...(comment === undefined ? {} : { comment }),
            ...(at === undefined ? {} : { at }),
          },
        ],
  );
}

function usageOf(conversations: readonly ExportedConversation[]): UserExport["usage"] {
  const sum = { answers: 0, inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };
  for (const { usage } of conversations.flatMap(({ messages }) => messages)) {
    if (usage === undefined) continue;
    sum.answers++;
    sum.inputTokens += usage.inputTokens;
    sum.outputTokens += usage.outputTokens;
    sum.cachedInputTokens += usage.cachedInputTokens;
  }
  return sum;
}

function erasureDates({ begunAt, erasedAt }: Erasure): UserExport["erasure"] {
  return { begunAt: iso(begunAt), erasedAt: erasedAt === null ? null : iso(erasedAt) };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
