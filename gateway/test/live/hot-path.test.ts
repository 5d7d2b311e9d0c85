import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { type RedisProcess, startRedisProcess } from "../ports/support/redis-process.ts";
import { type CountedDynamoDb, startCountedDynamoDb } from "./support/counted-dynamodb.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { startTestGateway, type TestGateway } from "./support/test-gateway.ts";

/** Commands with which this test looks. */
const LOOKING = new Set(["info"]);
/** What an instance says a second whatever it streams, what its scripts do included: the journal, leases, presence. */
const COMMANDS_A_SECOND = 30;
/** What it reads of its registry a second, to see what has changed. */
const REQUESTS_A_SECOND = 8;
/** Operations that change something. */
const WRITES = /^(Put|Update|Delete|BatchWrite|TransactWrite)/u;
/** Writes that the account of usage, or the end of what was asked before, may put into the window. */
const WRITES_AT_THE_EDGES = 3;
/** What may fall into the window from before and after. */
const AT_THE_EDGES = 15;

describe("while tokens stream", () => {
  let redis: RedisProcess;
  let dynamodb: CountedDynamoDb;
  let look: Redis;
  let gateway: TestGateway;

  beforeAll(async () => {
    redis = await startRedisProcess();
    look = new Redis({ port: redis.port });
    dynamodb = await startCountedDynamoDb();
    gateway = await startTestGateway({
      environment: {
        REDIS_URL: `redis://127.0.0.1:${redis.port}`,
        ARCHIVE: "dynamodb",
        DYNAMODB_ENDPOINT: dynamodb.endpoint,
      },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    await look.quit();
    await redis.stop();
    await dynamodb.stop();
  });

  const commands = async (): Promise<number> => {
    const stats = await look.info("commandstats");
    let calls = 0;
    // Commands within a script are counted beside the script: they cost no message.
    for (const [, name = "", count] of stats.matchAll(
      /^cmdstat_(evalsha|eval|publish|spublish|[a-z]+):calls=(\d+)/gmu,
    ))
      if (!LOOKING.has(name)) calls += Number(count);
    return calls;
  };
  const requests = (operations: RegExp): number =>
    [...dynamodb.counts()].reduce((sum, [name, count]) => sum + (operations.test(name) ? count : 0), 0);

  /** What was asked of the stores between an answer's first tokens and its last, and how long that was. */
  const during = async (client: TestClient, tokens: number, rate: number) => {
    const ack = await client.ask(`[[sim tokens=${tokens} rate=${rate}]]`);
    const seq = (): number => client.textOf(ack.reply).seq;
    await client.until(() => seq() >= tokens * 0.1, "the first tokens");
    const [written, asked, told, from] = [
      requests(WRITES),
      requests(/./),
      await commands(),
      performance.now(),
    ];
    await client.until(() => seq() >= tokens * 0.9, "the last tokens");
    const seconds = (performance.now() - from) / 1000;
    const found = {
      commands: (await commands()) - told,
      writes: requests(WRITES) - written,
      requests: requests(/./) - asked,
      seconds,
    };
    await client.frame("done", ({ reply }) => reply === ack.reply);
    return { ...found, tokens: Math.round(tokens * 0.8) };
  };

  test("neither Redis nor the archive is asked a token: as little for twenty times as many", async () => {
    const client = await connect(gateway.chatUrl, { token: signToken({ sub: "hot" }) });
    const slow = await during(client, 150, 100);
    const fast = await during(client, 3_000, 2_000);
    for (const found of [slow, fast]) {
      process.stderr.write(
        `${found.tokens} tokens in ${found.seconds.toFixed(2)} s: ${found.commands} commands of Redis, ` +
          `${found.requests} requests to the archive, ${found.writes} of them writes\n`,
      );
      expect(found.writes).toBeLessThanOrEqual(WRITES_AT_THE_EDGES);
      expect(found.requests).toBeLessThanOrEqual(REQUESTS_A_SECOND * found.seconds + AT_THE_EDGES);
      expect(found.commands).toBeLessThanOrEqual(COMMANDS_A_SECOND * found.seconds + AT_THE_EDGES);
    }
    await client.close();
  });
});
