import type { CreateTableCommandInput, TableDescription } from "@aws-sdk/client-dynamodb";

/** Conversations of a user by when they changed; what was cleared is not in it. */
export const BY_CHANGE = "by-change";
/** Replies of a user that have not ended, by when they were asked for. */
export const BY_OPEN = "by-open";
/** Conversations of a tenant by when they changed; and, by a name of their own, its visitors' families of tokens. */
export const BY_TENANT = "by-tenant";
/** Conversations of a tenant by their id. */
export const BY_NAME = "by-name";
/** Those of them that are global, and so lag behind the table. */
export const GLOBAL_INDEXES: ReadonlySet<string> = new Set([BY_TENANT, BY_NAME]);
/** The attribute that stands for a partition in an index that is not by user. */
export const PARTITION_ATTRIBUTE: Readonly<Record<string, string>> = {
  [BY_TENANT]: "listed",
  [BY_NAME]: "named",
};

const global = (index: string, partition: string, attribute: string, projection: "ALL" | "KEYS_ONLY") => ({
  IndexName: index,
  KeySchema: [
    { AttributeName: partition, KeyType: "HASH" as const },
    { AttributeName: attribute, KeyType: "RANGE" as const },
  ],
  Projection: { ProjectionType: projection },
});

const local = (index: string, attribute: string) => ({
  IndexName: index,
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" as const },
    { AttributeName: attribute, KeyType: "RANGE" as const },
  ],
  Projection: { ProjectionType: "ALL" as const },
});

/**
 * The table: one for all, paid by use. What chats read is in local indexes, since only those can be read
 * consistently; what a tenant's admins read is in global ones. An item is in one only while it has its attribute.
 */
export function tableDefinition(table: string) {
  return {
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
      { AttributeName: "changed", AttributeType: "N" },
      { AttributeName: "open", AttributeType: "N" },
      { AttributeName: "changedAt", AttributeType: "N" },
      { AttributeName: "listed", AttributeType: "S" },
      { AttributeName: "named", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    LocalSecondaryIndexes: [local(BY_CHANGE, "changed"), local(BY_OPEN, "open")],
    GlobalSecondaryIndexes: [
      global(BY_TENANT, "listed", "changedAt", "ALL"),
      global(BY_NAME, "named", "pk", "KEYS_ONLY"),
    ],
  } satisfies CreateTableCommandInput;
}

/** What a table lacks to be ours, in words, or null. */
export function whatIsWrong(found: TableDescription): string | null {
  const wanted = tableDefinition("");
  if (keysOf(found.KeySchema) !== keysOf(wanted.KeySchema)) {
    return "its keys are not pk (HASH) and sk (RANGE)";
  }
  for (const index of wanted.LocalSecondaryIndexes) {
    const there = found.LocalSecondaryIndexes?.find(({ IndexName }) => IndexName === index.IndexName);
    if (keysOf(there?.KeySchema) !== keysOf(index.KeySchema)) {
      return `it has no local index ${index.IndexName} on ${keysOf(index.KeySchema)}`;
    }
    if (there?.Projection?.ProjectionType !== "ALL") return `its index ${index.IndexName} projects not all`;
  }
  for (const index of wanted.GlobalSecondaryIndexes) {
    const there = found.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === index.IndexName);
    if (keysOf(there?.KeySchema) !== keysOf(index.KeySchema)) {
      return `it has no global index ${index.IndexName} on ${keysOf(index.KeySchema)}`;
    }
    const { ProjectionType } = index.Projection;
    if (there?.Projection?.ProjectionType !== ProjectionType) {
      return `its index ${index.IndexName} does not project ${ProjectionType}`;
    }
  }
  return null;
}

function keysOf(
  schema: readonly { AttributeName?: string | undefined; KeyType?: string | undefined }[] | undefined,
): string {
  return (schema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(", ");
}
