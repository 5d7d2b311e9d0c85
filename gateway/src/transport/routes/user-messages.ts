import { AuthorSchema, type Message, PROTOCOL_LIMITS } from "@parlance/protocol";
import { z } from "zod";
import type { Cluster } from "../../delivery/cluster/cluster.ts";
import type { Connections } from "../../delivery/connections.ts";
import { wireMessage } from "../../delivery/wire-messages.ts";
import type { History } from "../../history/history.ts";
import type { Archive, UserArchive } from "../../ports/archive.ts";
import type { Scope } from "../../ports/scope.ts";
import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";
import type { Clock, Ids } from "../../ports/system.ts";
import { establishedTenant, establishedUser } from "../../tenants/scope.ts";
import { type BackEndKeyServices, backEndKey } from "../back-end-key.ts";
import { json, problem, readJson } from "../responses.ts";
import type { Route } from "./route.ts";

const Id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -");
const Body = z.object({
  id: Id.optional(),
  conversation: Id.optional(),
  content: z
    .string()
    .refine((text) => text.isWellFormed() && text.trim() !== "", "must be text that is not blank"),
  author: AuthorSchema.default({ kind: "bot" }),
});

/** What pushing a message needs. */
export interface UserMessageServices extends BackEndKeyServices {
  readonly archive: Archive;
  readonly history: History;
  readonly connections: Connections;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** `POST /v1/users/:id/messages`: a customer's back end says something to a user, wherever they are connected. */
export function userMessageRoutes(services: UserMessageServices): Route[] {
  return [
    {
      method: "POST",
      path: "/v1/users/:user/messages",
      handle: (request, { user = "" }) => pushMessage(request, user, services),
    },
  ];
}

async function pushMessage(
  request: HttpRequest,
  userId: string,
  services: UserMessageServices,
): Promise<HttpResponse> {
  const shown = await backEndKey(request, services);
  if (!shown.ok) return shown.response;
  const user = establishedUser(userId);
  if (user === null) return problem(400, "INVALID_FRAME", "the user's id is not one");
  const read = await readJson(request, Body);
  if (!read.ok) return read.response;
  const scope = { tenant: establishedTenant(shown.key.tenant), user };
  const { content, author } = read.value;
  const { messageCharacters } = PROTOCOL_LIMITS;
  if (content.length > messageCharacters)
    return problem(413, "MESSAGE_TOO_LARGE", `\`content\`: at most ${messageCharacters} characters`);
  const id = read.value.id ?? services.ids.next();
  const archive = services.archive.forUser(scope);
  const known = await archive.conversationOf(id);
  if (known !== null)
    return json(201, { id, conversation: known, delivered: await reached(scope, services) });
  const conversation = await conversationFor(read.value.conversation, archive, services);
  if (conversation === null) return problem(404, "NOT_FOUND", "`conversation`: no such conversation");
  const message = { id, role: "assistant" as const, content, at: services.clock.now(), author };
  if (await archive.push(conversation, message)) {
    await services.history.reread(scope, conversation);
    services.connections.touch(scope);
    tell(scope, conversation, wireMessage({ ...message, position: 0 }, null), services);
  }
  return json(201, { id, conversation, delivered: await reached(scope, services) });
}

async function conversationFor(
  named: string | undefined,
  archive: UserArchive,
  { clock, ids }: UserMessageServices,
): Promise<string | null> {
  if (named !== undefined) return (await archive.messages(named, { limit: 1 })) === null ? null : named;
  const latest = await archive.latestConversation();
  if (latest !== null) return latest;
  const conversation = ids.next();
  await archive.createConversation(conversation, clock.now());
  return conversation;
}

function tell(scope: Scope, conversation: string, message: Message, { cluster }: UserMessageServices): void {
  cluster.broadcast(scope, { type: "message", conversation, message });
}

/** Whether the user has a socket anywhere. */
async function reached(scope: Scope, { connections, cluster }: UserMessageServices): Promise<boolean> {
  return connections.countOf(scope) > 0 || (await cluster.connectedElsewhere(scope));
}
