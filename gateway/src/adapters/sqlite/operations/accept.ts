import type { AcceptRequest, AcceptResult } from "../../../ports/archive.ts";
import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";
import { insertConversation, latestOf, liveConversation, touchConversation } from "./conversations.ts";
import { ensureOwner, erasedSince, ownerOf } from "./owners.ts";
import {
  insertOpenReply,
  insertQuestion,
  lastMessage,
  openBefore,
  type Place,
  questionAt,
  renameReply,
  supersede,
} from "./turns.ts";

interface Acceptance {
  readonly conversation: string;
  readonly message: string;
  readonly reply: string;
  readonly digest: string;
}

/** {@link UserArchive.accepted}. */
export function accepted(
  connection: Connection,
  input: { scope: Scope; clientId: string },
): Acceptance | null {
  const owner = ownerOf(connection, input.scope);
  return owner === null ? null : acceptance(connection, owner, input.clientId);
}

/** {@link UserArchive.accept}. */
export function accept(
  connection: Connection,
  { scope, request }: { scope: Scope; request: AcceptRequest },
): AcceptResult {
  if (erasedSince(connection, scope, request.credentialsAt ?? request.at)) return { outcome: "erased" };
  const owner = ownerOf(connection, scope);
  const known = owner === null ? null : acceptance(connection, owner, request.clientId);
  if (known !== null) {
    const { digest, ...rest } = known;
    return digest === request.digest ? { outcome: "duplicate", ...rest } : { outcome: "conflict" };
  }
  if (request.kind === "message") return ask(connection, scope, owner, request);
  return owner === null ? { outcome: "not-found" } : askAnew(connection, owner, request);
}

function ask(
  connection: Connection,
  scope: Scope,
  knownOwner: number | null,
  request: AcceptRequest,
): AcceptResult {
  const named = request.conversation;
  if (knownOwner === null && named !== undefined) return { outcome: "not-found" };
  const owner = knownOwner ?? ensureOwner(connection, scope);
  const found =
    named === undefined ? latestOf(connection, owner) : liveConversation(connection, owner, named);
  if (found === undefined && named !== undefined) return { outcome: "not-found" };
  const open = found === undefined ? 0 : openBefore(connection, { owner, conversation: found.number });
  if (open >= request.openLimit) return { outcome: "full" };
  const conversation = found ?? insertConversation(connection, owner, request.newConversation, request.at);
  const position = insertQuestion(connection, owner, conversation.number, request);
  return owe(connection, { owner, conversation, position }, request, {
    message: request.message,
    superseded: [],
  });
}

function askAnew(connection: Connection, owner: number, request: AcceptRequest): AcceptResult {
  const { target } = request;
  const place = target === undefined ? null : questionAt(connection, owner, target);
  if (target === undefined || place === null) return { outcome: "not-found" };
  const { conversation } = place;
  const open = openBefore(connection, { owner, conversation: conversation.number, position: place.position });
  if (open >= request.openLimit) return { outcome: "full" };
  if (request.kind === "regenerate") {
    const superseded = supersede(connection, place, "after-question");
    renameReply(connection, owner, target, request.reply);
    return owe(connection, place, request, { message: target, superseded, truncatedAfter: target });
  }
  const superseded = supersede(connection, place, "from-question");
  const truncatedAfter = lastMessage(connection, conversation.number);
  const position = insertQuestion(connection, owner, conversation.number, request);
  return owe(connection, { owner, conversation, position }, request, {
    message: request.message,
    superseded,
    truncatedAfter,
  });
}

/** Writes what every accepted turn leaves: the open reply, the client's id, the conversation's place in the list. */
function owe(
  connection: Connection,
  place: Place,
  request: AcceptRequest,
  outcome: { message: string; superseded: readonly string[]; truncatedAfter?: string | null },
): AcceptResult {
  const { owner, conversation, position } = place;
  insertOpenReply(connection, place, request, outcome.message);
  connection.run(
    `INSERT INTO acceptances (owner, client_id, digest, conversation, message, reply)
     VALUES (?, ?, ?, ?, ?, ?)`,
    owner,
    request.clientId,
    request.digest,
    conversation.id,
    outcome.message,
    request.reply,
  );
  touchConversation(connection, owner, conversation.number, request.at);
  return { outcome: "accepted", conversation: conversation.id, reply: request.reply, position, ...outcome };
}

function acceptance(connection: Connection, owner: number, clientId: string): Acceptance | null {
  const row = connection.get<Acceptance>(
    "SELECT conversation, message, reply, digest FROM acceptances WHERE owner = ? AND client_id = ?",
    owner,
    clientId,
  );
  return row === undefined ? null : { ...row };
}
