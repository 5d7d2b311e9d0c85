import type { CreateTableCommandInput, TableDescription } from "@aws-sdk/client-dynamodb";

/** Conversations of a user by when they changed; what was cleared is not in it. */
export const BY_CHANGE = "by-change";
/** Replies of a user that have not ended, by when they were asked for. */
export const BY_OPEN = "by-open";

const local = (index: string, attribute: string) => ({
  IndexName: index,
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" as const },
    { AttributeName: attribute, KeyType: "RANGE" as const },
  ],
  Projection: { ProjectionType: "ALL" as const },
});

/**
 * The table: one for all, paid by use. Both indexes are local, since only those can be read consistently; an item
 * is in one only while it has its attribute.
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
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    LocalSecondaryIndexes: [local(BY_CHANGE, "changed"), local(BY_OPEN, "open")],
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
  return null;
}

function keysOf(
  schema: readonly { AttributeName?: string | undefined; KeyType?: string | undefined }[] | undefined,
): string {
  return (schema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} (${KeyType})`).join(", ");
}
