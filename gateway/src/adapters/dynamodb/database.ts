import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDbError, isConditionFailed, isTableMissing, isTableThere, toDynamoDbError } from "./errors.ts";
import { type Change, type Condition, condition, references, updateExpression } from "./expressions.ts";
import type { ItemKey } from "./keys.ts";
import { GLOBAL_INDEXES, PARTITION_ATTRIBUTE, tableDefinition, whatIsWrong } from "./table.ts";
import { type Attributes, fromAttributes, toAttributes } from "./values.ts";

/** Tries of one request, the first included, with the client's own backoff between them. */
const ATTEMPTS = 4;
const CONNECT_MILLISECONDS = 2_000;
const ANSWER_MILLISECONDS = 3_000;
const KEYS_A_REQUEST = 100;
const TABLE_SECONDS = 60;

export interface DynamoDbOptions {
  readonly table: string;
  readonly region: string;
  /** Absent is AWS. One over plain `http:` is an emulator: it is given made-up credentials, and the table is made there. */
  readonly endpoint?: string;
  /** How long one try may take, 3,000 where absent. */
  readonly answerMilliseconds?: number;
}

/** Which items of a partition to read, in the order of their sort keys. */
export interface Query {
  /** Of the table, or of the index where that has other partitions. */
  readonly pk: string;
  readonly index?: string;
  /** On the sort key. */
  readonly range?: Condition;
  readonly descending?: boolean;
  /** Items a request; more requests are made as the reader goes on. */
  readonly pageSize?: number;
}

/** A table. All reads but those of global indexes are strongly consistent. Everything rejects with {@link DynamoDbError}. */
export interface DynamoDb {
  /** The client that all requests go through, for what looks at them. */
  readonly client: DynamoDBClient;
  get<Kept>(key: ItemKey): Promise<Kept | null>;
  /** In the order of `keys`. */
  getAll<Kept>(keys: readonly ItemKey[]): Promise<readonly (Kept | null)[]>;
  /** Reads on as long as the reader does. */
  query<Kept>(query: Query): AsyncIterable<Kept>;
  all<Kept>(query: Query): Promise<Kept[]>;
  /** False: the condition did not hold, so nothing was changed; or it was changed by a try whose answer was lost. */
  update(key: ItemKey, change: Change, when?: Condition): Promise<boolean>;
  /** Adds to numbers, which begin at 0, all at once. */
  add(key: ItemKey, amounts: Readonly<Record<string, number>>): Promise<void>;
  /** False as with `update`. */
  delete(key: ItemKey, when: Condition): Promise<boolean>;
  /** Lets go of all connections; what comes after is refused. */
  close(): void;
}

/**
 * Loads the client and opens a table. At an emulator the table is made where it is missing; on AWS it belongs to
 * whoever runs the gateway, and one that is missing or differs is an error that says how.
 *
 * @throws {@link DynamoDbError}
 */
export async function openDynamoDb(options: DynamoDbOptions): Promise<DynamoDb> {
  const sdk = await import("@aws-sdk/client-dynamodb");
  const { table, region, endpoint, answerMilliseconds = ANSWER_MILLISECONDS } = options;
  const emulator = endpoint?.startsWith("http:") === true;
  const client = new sdk.DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(emulator ? { credentials: { accessKeyId: "emulator", secretAccessKey: "emulator" } } : {}),
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MILLISECONDS,
      requestTimeout: answerMilliseconds,
      throwOnRequestTimeout: true,
    },
  });
  try {
    await openTable(sdk, client, table, emulator);
  } catch (error) {
    client.destroy();
    throw toDynamoDbError(
      error,
      `the DynamoDB table ${table} cannot be opened (DYNAMODB_TABLE, DYNAMODB_ENDPOINT, AWS_REGION)`,
    );
  }
  return tableOf(sdk, client, table);
}

type Sdk = typeof import("@aws-sdk/client-dynamodb");

async function openTable(sdk: Sdk, client: DynamoDBClient, table: string, make: boolean): Promise<void> {
  if (make) {
    await client.send(new sdk.CreateTableCommand(tableDefinition(table))).catch((error: unknown) => {
      if (!isTableThere(error)) throw error;
    });
    await sdk.waitUntilTableExists(
      { client, maxWaitTime: TABLE_SECONDS, minDelay: 1, maxDelay: 1 },
      { TableName: table },
    );
  }
  const { Table } = await client
    .send(new sdk.DescribeTableCommand({ TableName: table }))
    .catch((error: unknown) => {
      throw isTableMissing(error)
        ? new DynamoDbError("failed", `there is no DynamoDB table ${table}`)
        : error;
    });
  const wrong = Table === undefined ? "it is not described" : whatIsWrong(Table);
  if (wrong !== null) throw new DynamoDbError("failed", `the DynamoDB table ${table} is not ours: ${wrong}`);
}

function tableOf(sdk: Sdk, client: DynamoDBClient, table: string): DynamoDb {
  let closed = false;
  const asked = async <Answer>(what: string, send: () => Promise<Answer>): Promise<Answer> => {
    if (closed) throw new DynamoDbError("closed", "the table is closed");
    try {
      return await send();
    } catch (error) {
      throw toDynamoDbError(error, what);
    }
  };
  const unlessFailed = (what: string, send: () => Promise<unknown>): Promise<boolean> =>
    asked(what, async () => {
      try {
        await send();
        return true;
      } catch (error) {
        if (isConditionFailed(error)) return false;
        throw error;
      }
    });
  const getSome = async (keys: readonly ItemKey[]): Promise<Attributes[]> => {
    const found: Attributes[] = [];
    let left = keys.map((key) => toAttributes(key));
    // What one answer has no room for comes with the next; an answer with nothing at all is throttling.
    while (left.length > 0) {
      const answer = await client.send(
        new sdk.BatchGetItemCommand({ RequestItems: { [table]: { Keys: left, ConsistentRead: true } } }),
      );
      found.push(...(answer.Responses?.[table] ?? []));
      const unprocessed = answer.UnprocessedKeys?.[table]?.Keys ?? [];
      if (unprocessed.length === left.length) throw new DynamoDbError("busy", "the table is throttled");
      left = unprocessed;
    }
    return found;
  };

  async function* query<Kept>({
    pk,
    index,
    range,
    descending = false,
    pageSize,
  }: Query): AsyncIterable<Kept> {
    const partition = index === undefined ? "pk" : (PARTITION_ATTRIBUTE[index] ?? "pk");
    const whole = condition(`#${partition} = :pk`, { pk });
    const conditions = range === undefined ? [whole] : [whole, range];
    const input = {
      TableName: table,
      ...(index === undefined ? {} : { IndexName: index }),
      KeyConditionExpression: conditions.map(({ expression }) => expression).join(" AND "),
      ...references(conditions),
      ScanIndexForward: !descending,
      ConsistentRead: index === undefined || !GLOBAL_INDEXES.has(index),
      ...(pageSize === undefined ? {} : { Limit: pageSize }),
    };
    let from: Attributes | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await asked("reading a partition", () =>
        client.send(
          new sdk.QueryCommand({ ...input, ...(from === undefined ? {} : { ExclusiveStartKey: from }) }),
        ),
      );
      for (const item of Items) yield fromAttributes(item) as Kept;
      from = LastEvaluatedKey;
    } while (from !== undefined);
  }

  return {
    client,
    get: <Kept>(key: ItemKey) =>
      asked("reading an item", async () => {
        const { Item } = await client.send(
          new sdk.GetItemCommand({ TableName: table, Key: toAttributes(key), ConsistentRead: true }),
        );
        return Item === undefined ? null : (fromAttributes(Item) as Kept);
      }),
    getAll: <Kept>(keys: readonly ItemKey[]) =>
      asked("reading items", async () => {
        const named = new Map(keys.map((key) => [keyName(key.pk, key.sk), key]));
        const distinct = [...named.values()];
        const found = new Map<string, Kept>();
        for (let from = 0; from < distinct.length; from += KEYS_A_REQUEST) {
          for (const item of await getSome(distinct.slice(from, from + KEYS_A_REQUEST))) {
            found.set(keyName(item.pk?.S, item.sk?.S), fromAttributes(item) as Kept);
          }
        }
        return keys.map(({ pk, sk }) => found.get(keyName(pk, sk)) ?? null);
      }),
    query,
    async all<Kept>(wanted: Query): Promise<Kept[]> {
      const found: Kept[] = [];
      for await (const item of query<Kept>(wanted)) found.push(item);
      return found;
    },
    update: (key, change, when) =>
      unlessFailed("writing an item", () => {
        const update = updateExpression(change);
        return client.send(
          new sdk.UpdateItemCommand({
            TableName: table,
            Key: toAttributes(key),
            UpdateExpression: update.expression,
            ...(when === undefined ? {} : { ConditionExpression: when.expression }),
            ...references(when === undefined ? [update] : [update, when]),
          }),
        );
      }),
    add: (key, amounts) =>
      asked("counting", async () => {
        const terms = Object.keys(amounts).map((field) => `#${field} :${field}`);
        const addition = condition(`ADD ${terms.join(", ")}`, amounts);
        await client.send(
          new sdk.UpdateItemCommand({
            TableName: table,
            Key: toAttributes(key),
            UpdateExpression: addition.expression,
            ...references([addition]),
          }),
        );
      }),
    delete: (key, when) =>
      unlessFailed("deleting an item", () =>
        client.send(
          new sdk.DeleteItemCommand({
            TableName: table,
            Key: toAttributes(key),
            ConditionExpression: when.expression,
            ...references([when]),
          }),
        ),
      ),
    close() {
      closed = true;
      client.destroy();
    },
  };
}

function keyName(pk: string | undefined, sk: string | undefined): string {
  return JSON.stringify([pk, sk]);
}
