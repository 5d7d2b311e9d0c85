import { once } from "node:events";
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createDynamoArchive } from "../../../src/adapters/dynamodb/archive.ts";
import { type DynamoDb, openDynamoDb } from "../../../src/adapters/dynamodb/database.ts";
import type { Archive, UserArchive } from "../../../src/ports/archive.ts";
import { type DynamoDbServer, startDynamoDb } from "../support/dynamodb-server.ts";
import { scopeOf } from "../support/scopes.ts";
import { turn } from "./turns.ts";

const region = "eu-central-1";

/** What stands before the emulator does with requests, one after the other; none left is passing them on. */
type Trouble = "throttles" | "fails" | "is silent" | "hangs up";

describe("a DynamoDB table in trouble", () => {
  let emulator: DynamoDbServer;
  let front: Server;
  let endpoint: string;
  let db: DynamoDb;
  let archive: Archive;
  let user: UserArchive;
  let troubles: Trouble[] = [];
  let requests = 0;

  const passOn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const passed = forward(emulator.endpoint, { method: "POST", headers: request.headers, agent: false });
    const [answer] = await Promise.all([once(passed, "response"), pipeline(request, passed)]);
    const message: IncomingMessage = answer[0];
    response.writeHead(message.statusCode ?? 502, message.headers);
    await pipeline(message, response);
  };
  beforeAll(async () => {
    emulator = await startDynamoDb();
    front = createServer(async (request, response) => {
      requests++;
      const trouble = troubles.shift();
      if (trouble === "is silent") return;
      if (trouble === "hangs up") return void request.socket.destroy();
      if (trouble !== undefined) {
        const throttled = trouble === "throttles";
        const type = throttled ? "ProvisionedThroughputExceededException" : "InternalServerError";
        response.writeHead(throttled ? 400 : 500, { "content-type": "application/x-amz-json-1.0" });
        return void response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}` }));
      }
      // Who asked may have given up meanwhile, and asks again.
      await passOn(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => {
      front.listen(0, "127.0.0.1", resolve);
    });
    endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    db = await openDynamoDb({ table: "trouble", region, endpoint, answerMilliseconds: 300 });
    archive = createDynamoArchive(db);
    user = archive.forUser(scopeOf("tenant", "user"));
  });
  afterAll(async () => {
    await archive.close();
    front.closeAllConnections();
    await new Promise((resolve) => {
      front.close(resolve);
    });
    await emulator.stop();
  });
  beforeEach(() => {
    troubles = [];
    requests = 0;
  });

  test.each<Trouble>(["throttles", "fails", "is silent", "hangs up"])(
    "that %s now and then is asked again, and a question is accepted once",
    async (trouble) => {
      troubles = [trouble, trouble];
      const request = turn("asked");
      expect(await user.accept(request)).toMatchObject({ outcome: "accepted" });
      expect((await user.openReplies()).at(-1)?.reply).toBe(request.reply);
      expect(troubles).toEqual([]);
      await user.endReply({
        conversation: "",
        reply: request.reply,
        reason: "stop",
        seq: 0,
        epoch: 1,
        content: "",
        model: "",
        usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
        at: 1,
      });
    },
    60_000,
  );

  test.each<[Trouble, string]>([
    ["throttles", "busy"],
    ["fails", "unreachable"],
    ["is silent", "unreachable"],
    ["hangs up", "unreachable"],
  ])(
    "that %s all the time rejects as %s after a few tries",
    async (trouble, code) => {
      troubles = Array.from({ length: 100 }, () => trouble);
      await expect(db.get({ pk: "a", sk: "b" })).rejects.toMatchObject({ name: "DynamoDbError", code });
      expect(requests).toBe(4);
    },
    60_000,
  );

  test("that is not there, or has other keys, is an error at the start that says so", async () => {
    await expect(openDynamoDb({ table: "t", region, endpoint: "http://127.0.0.1:1" })).rejects.toMatchObject({
      name: "DynamoDbError",
      code: "unreachable",
    });
    const client = new DynamoDBClient({
      region,
      endpoint,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    await client.send(
      new CreateTableCommand({
        TableName: "another",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      }),
    );
    client.destroy();
    await expect(openDynamoDb({ table: "another", region, endpoint })).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("another is not ours: its keys are not pk (HASH) and sk (RANGE)"),
    });
  }, 60_000);
});
