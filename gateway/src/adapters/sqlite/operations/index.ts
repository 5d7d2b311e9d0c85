import type { Connection } from "../connection.ts";
import { accept, accepted } from "./accept.ts";
import {
  addSiteKeyUsage,
  addUsage,
  appendAudit,
  readAudit,
  readUsage,
  siteKeyUsage,
} from "./administration.ts";
import { adopt } from "./adopt.ts";
import {
  clear,
  clearedSince,
  conversationOf,
  conversations,
  createConversation,
  latestConversation,
} from "./conversations.ts";
import {
  beginErasure,
  countErased,
  erasureOf,
  finishErasure,
  forgetErasures,
  purgeErased,
  unfinishedErasures,
} from "./erasures.ts";
import { expire } from "./expiry.ts";
import { appendToJournal, dropFromJournal, eraseFromJournal, expireJournal, readJournal } from "./journal.ts";
import { context, messages, push, rate } from "./messages.ts";
import { keptConversations, keptMessages, keptOpenReplies, keptUsers } from "./records.ts";
import {
  apiKey,
  apiKeys,
  deletedTenants,
  deleteKey,
  deleteTenant,
  keysUsed,
  putApiKey,
  putSigningKey,
  putSiteKey,
  putTenant,
  registryVersion,
  replaceSigningKey,
  signingKeys,
  siteKey,
  siteKeys,
  tenant,
  tenantForgotten,
  tenants,
} from "./registry.ts";
import { endReply, openReplies, owed, raiseEpoch, reply, replyTo } from "./replies.ts";
import {
  tenantConversationMessages,
  tenantConversations,
  usersOfConversation,
} from "./tenant-conversations.ts";
import {
  forgetTenantsFamilies,
  forgetVisitorFamilies,
  putVisitorFamily,
  visitorFamily,
} from "./visitor-families.ts";

/** What changes nothing: never waits for another process's transaction. */
const READS = {
  accepted,
  apiKey,
  apiKeys,
  clearedSince,
  context,
  conversationOf,
  conversations,
  deletedTenants,
  erasureOf,
  keptConversations,
  keptMessages,
  keptOpenReplies,
  keptUsers,
  latestConversation,
  messages,
  openReplies,
  owed,
  readAudit,
  readJournal,
  readUsage,
  registryVersion,
  reply,
  replyTo,
  signingKeys,
  siteKey,
  siteKeyUsage,
  siteKeys,
  tenant,
  tenantConversationMessages,
  tenantConversations,
  tenants,
  unfinishedErasures,
  usersOfConversation,
  visitorFamily,
};

/** What may change something: each atomic, durable once answered. */
const WRITES = {
  accept,
  addSiteKeyUsage,
  addUsage,
  adopt,
  appendAudit,
  appendToJournal,
  beginErasure,
  clear,
  countErased,
  createConversation,
  deleteKey,
  deleteTenant,
  dropFromJournal,
  endReply,
  eraseFromJournal,
  expire,
  expireJournal,
  finishErasure,
  forgetErasures,
  forgetTenantsFamilies,
  forgetVisitorFamilies,
  keysUsed,
  purgeErased,
  push,
  putApiKey,
  putSigningKey,
  putSiteKey,
  putTenant,
  putVisitorFamily,
  raiseEpoch,
  rate,
  replaceSigningKey,
  tenantForgotten,
};

type Table = typeof READS & typeof WRITES;

/** The name of something the database does. */
export type OperationName = keyof Table;
/** What the operation takes; undefined where it takes nothing. */
export type OperationInput<Name extends OperationName> = Parameters<Table[Name]>[1];
/** What the operation answers. */
export type OperationOutput<Name extends OperationName> = ReturnType<Table[Name]>;

/** An operation, ready to run. */
export interface Operation {
  readonly writes: boolean;
  run(connection: Connection, input: unknown): unknown;
}

type Run = Operation["run"];

/** Every operation by name. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ...Object.entries(READS).map(([name, run]): [string, Operation] => [
    name,
    { writes: false, run: run as Run },
  ]),
  ...Object.entries(WRITES).map(([name, run]): [string, Operation] => [
    name,
    { writes: true, run: run as Run },
  ]),
]);
