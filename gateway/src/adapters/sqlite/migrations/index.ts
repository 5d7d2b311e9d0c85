import { archiveSchema } from "./0001-archive.ts";
import { registrySchema } from "./0002-registry.ts";
import { replyJournalSchema } from "./0003-reply-journal.ts";
import { administrationSchema } from "./0004-administration.ts";
import { recordsSchema } from "./0005-records.ts";
import { visitorFamiliesSchema } from "./0006-visitor-families.ts";
import { tenantConversationsSchema } from "./0007-tenant-conversations.ts";
import { numbersOnceSchema } from "./0008-numbers-once.ts";
import { lostAttemptsSchema } from "./0009-lost-attempts.ts";
import { clearedConversationsSchema } from "./0010-cleared-conversations.ts";
import { siteKeyUsageSchema } from "./0011-site-key-usage.ts";
import { deletedTenantsSchema } from "./0012-deleted-tenants.ts";

/** The schema's steps in order; a database's `user_version` says how many it has taken. */
export const MIGRATIONS: readonly string[] = [
  archiveSchema,
  registrySchema,
  replyJournalSchema,
  administrationSchema,
  recordsSchema,
  visitorFamiliesSchema,
  tenantConversationsSchema,
  numbersOnceSchema,
  lostAttemptsSchema,
  clearedConversationsSchema,
  siteKeyUsageSchema,
  deletedTenantsSchema,
];
