import { type Feature, HEARTBEAT, PROTOCOL_LIMITS, type ServerFrameOf } from "@parlance/protocol";
import { wireList, wireReply } from "../delivery/wire-messages.ts";
import type { MessagePage } from "../ports/archive.ts";
import type { TenantRecord } from "../ports/registry-store.ts";
import type { Scope } from "../ports/scope.ts";
import type { Principal } from "../tenants/principal.ts";
import { attainableLimits } from "../tenants/tiers.ts";
import type { ChatServices } from "./chat-services.ts";

/** What this gateway can do beyond asking and answering. */
export const OFFERED_FEATURES: readonly Feature[] = [
  "conversations",
  "clear",
  "regenerate",
  "edit",
  "feedback",
  "typing",
  "handoff",
];

const EMPTY: MessagePage = { messages: [], more: false };

/** What `ready` needs of the archive, read before the socket goes live. */
export interface ReadyData {
  readonly tenant: TenantRecord;
  readonly conversation: string | null;
  readonly page: MessagePage;
}

/** Reads what `ready` needs. */
export async function readReadyData(scope: Scope, services: ChatServices): Promise<ReadyData> {
  const tenant = await services.directory.tenant(scope.tenant);
  if (tenant === null) throw new Error("the principal's tenant is gone");
  const archive = services.archive.forUser(scope);
  const conversation = await archive.latestConversation();
  if (conversation === null) return { tenant, conversation, page: EMPTY };
  const page = await services.history.page(scope, conversation, { limit: PROTOCOL_LIMITS.recentMessages });
  return { tenant, conversation, page: page ?? EMPTY };
}

/** The first frame of a socket. Synchronous, so that what it lists and what goes live meet without a gap. */
export function readyFrame(
  session: string,
  principal: Principal,
  data: ReadyData,
  services: ChatServices,
): ServerFrameOf<"ready"> {
  const { messagesPerMinute, messagesPerHour, concurrentStreams } = attainableLimits(data.tenant);
  const open = services.replies.open(principal);
  const { messages, cut } = wireList(
    data.page.messages,
    open.filter(({ conversation }) => conversation === data.conversation),
  );
  return {
    type: "ready",
    session,
    user: {
      id: principal.user,
      ...(principal.name === undefined ? {} : { name: principal.name }),
      anonymous: principal.anonymous,
    },
    conversation: data.conversation,
    messages,
    more: data.page.more || cut,
    replies: open.map(wireReply),
    heartbeat: HEARTBEAT,
    now: new Date(services.clock.now()).toISOString(),
    expiresAt: new Date(principal.expiresAt).toISOString(),
    limits: {
      messageCharacters: PROTOCOL_LIMITS.messageCharacters,
      frameBytes: PROTOCOL_LIMITS.clientFrameBytes,
      messagesPerMinute,
      messagesPerHour,
      concurrentStreams,
    },
    features: [...OFFERED_FEATURES],
  };
}
