import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { until } from "../ports/support/until.ts";
import { ADMIN_KEYS, seedWithAdmins } from "./support/admin-client.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";

const MARKER = "unmistakable";

describe("an erasure where several instances run", () => {
  let instances: Instances;
  let left: GatewayProcess;
  let right: GatewayProcess;
  let redis: Redis;

  beforeAll(async () => {
    instances = await prepareInstances(seedWithAdmins());
    left = await instances.start();
    right = await instances.start();
    redis = new Redis(instances.redisUrl);
  });
  afterAll(async () => {
    redis.disconnect();
    await instances.stop();
  });

  const call = async (method: string, path: string, by = left) => {
    const response = await fetch(`http://127.0.0.1:${by.port}/admin/api/tenants/acme/users/${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEYS.owner}` },
    });
    expect(response.status).toBe(200);
    return await response.json();
  };
  /** Keys whose name or content has a word in it. */
  const keysWith = async (word: string): Promise<string[]> => {
    const keys = await redis.keys("*");
    const contents = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    return keys.filter((key, index) => key.includes(word) || contents[index]?.includes(word));
  };

  test("ends sockets and replies on all of them, and leaves no trace in Redis", async () => {
    const token = signToken({ sub: MARKER });
    const [here, there] = await Promise.all([
      connect(left.chatUrl, { token }),
      connect(right.chatUrl, { token }),
    ]);
    const first = await here.ask(`a ${MARKER} text [[sim tokens=5]]`);
    await here.frame("done", ({ reply }) => reply === first.reply);
    const running = await there.ask(`another ${MARKER} text [[sim tokens=4000 rate=100]]`);
    await here.until(() => here.textOf(running.reply).seq > 100, "a batch for the journal");
    expect(await keysWith(MARKER)).not.toEqual([]);
    const receipt = await call("DELETE", MARKER);
    expect(await Promise.all([here.closed, there.closed])).toEqual([4403, 4403]);
    expect(receipt.counts).toMatchObject({
      messages: 4,
      conversations: 1,
      recent: 1,
      sessions: 1,
      leases: 1,
    });
    expect(instances.upstream.requests.at(-1)?.abortedAt).toBeDefined();
    const remaining = (await keysWith(MARKER)).map((key) => key.slice(key.lastIndexOf(":") + 1));
    // What keeps late writers out: marks without content, each with its end.
    expect(remaining.filter((kind) => !["journal", "answers-to"].includes(kind))).toEqual([]);
    expect((await call("GET", `${MARKER}/export`, right)).conversations).toEqual([]);
  });

  const enter = ({ chatUrl }: GatewayProcess, sub: string) => connect(chatUrl, { token: signToken({ sub }) });
  /** A gateway begins to erase a user, and dies before it has done so. */
  const beginInVain = async (sub: string, doomed: GatewayProcess): Promise<void> => {
    const client = await enter(doomed, sub);
    const { reply } = await client.ask("to be erased [[sim tokens=5]]");
    await client.frame("done", (done) => done.reply === reply);
    const erasing = call("DELETE", sub, doomed).catch((error: unknown) => error);
    expect(await client.closed).toBe(4403);
    await doomed.end("SIGKILL");
    await erasing;
  };
  const isErased = async (sub: string, by: GatewayProcess): Promise<void> => {
    const exported = () => call("GET", `${sub}/export`, by);
    await until(async () => (await exported()).erasure.erasedAt !== null);
    expect((await exported()).conversations).toEqual([]);
    const back = await enter(by, sub);
    expect(back.all("ready")[0]).toMatchObject({ conversation: null, messages: [] });
    await back.close();
  };

  test("that its gateway did not live to finish is finished by those that are there", async () => {
    await beginInVain("survivor", await instances.start());
    await isErased("survivor", right);
  });

  test("that its gateway did not live to finish, where there is no other, is finished by the next one", async () => {
    await Promise.all([left, right].map((each) => each.end("SIGTERM")));
    await beginInVain("loner", await instances.start());
    await isErased("loner", await instances.start());
  });
});
