import { once } from "node:events";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PROTOCOL } from "@parlance/protocol";
import { Redis } from "ioredis";
import WebSocket from "ws";
import type { SeedFile } from "../../src/tenants/seed.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { refusedUpgrade, signToken } from "./support/test-client.ts";
import { TWO_TENANTS } from "./support/test-gateway.ts";

/** Most sockets that one user may have, and sockets that are opened at once. */
const SOCKETS_A_USER = 32;
const AT_ONCE = 64;
const TRIES = 3;
/** Milliseconds in which a dead instance is to be forgotten. */
const FORGOTTEN_WITHIN = 30_000;
/** Milliseconds between looks at Redis. */
const LOOK = 250;

/** Whoever is told to leave has a second for it. */
const SEED: SeedFile = {
  tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, abandonSeconds: 2 })),
};

describe("an instance with nothing but idle sockets", () => {
  let instances: Instances;
  let redis: Redis;
  let before: Awaited<ReturnType<typeof held>>;
  let forgetting: Promise<boolean>;
  beforeAll(async () => {
    instances = await prepareInstances(SEED);
    redis = new Redis(instances.redisUrl);
    await instances.start();
  });
  afterAll(async () => {
    redis.disconnect();
    await instances.stop();
  });

  /** Whether all that was not there before is gone in time. */
  const isForgotten = async (): Promise<boolean> => {
    const end = performance.now() + FORGOTTEN_WITHIN;
    for (; performance.now() < end; await look())
      // Names are soon counted; of five thousand, types are not.
      if (
        (await namesOf(redis)).length === before.keys.length &&
        isDeepStrictEqual(await held(redis), before)
      )
        return true;
    return false;
  };

  test("dies with five thousand of them, all of which Redis knows", async () => {
    before = await held(redis);
    const dying = await instances.start();
    const crowded = Array.from(
      { length: 2_500 },
      (_, index) => `crowd-${Math.floor(index / SOCKETS_A_USER)}`,
    );
    const alone = Array.from({ length: 2_500 }, (_, index) => `alone-${index}`);
    const sockets = await openAll(dying, [...crowded, ...alone]);
    expect(sockets).toHaveLength(5_000);
    const there = await held(redis);
    const users = new Set([...crowded, ...alone]).size;
    expect(there.keys.filter((key) => key.includes(":presence ")).length).toBe(users);
    expect(there.channels).toHaveLength(2);
    await dying.end("SIGKILL");
    forgetting = isForgotten();
  }, 120_000);

  describe("while that one is being forgotten, elsewhere", () => {
    test("leaves Redis as it was when it has ended as it was asked to, sockets and all", async () => {
      const others = await prepareInstances(SEED);
      const look = new Redis(others.redisUrl);
      try {
        await others.start();
        const empty = await held(look);
        const ending = await others.start();
        await openAll(
          ending,
          Array.from({ length: 1_000 }, (_, index) => `end-${index >> 1}`),
        );
        expect((await held(look)).keys.length).toBe(empty.keys.length + 500);
        expect(await ending.end("SIGTERM")).toBe(0);
        expect(await held(look)).toEqual(empty);
      } finally {
        look.disconnect();
        await others.stop();
      }
    });

    test("lets nobody in whom other instances could not know of: the 101 waits for the registry", async () => {
      const others = await prepareInstances();
      try {
        const { chatUrl } = await others.start();
        const token = signToken({ sub: "early" });
        const look = new Redis(others.redisUrl);
        const socket = new WebSocket(chatUrl, [PROTOCOL, `bearer.${token}`]);
        await once(socket, "upgrade");
        const there = await held(look);
        expect(there.keys.filter((key) => key.includes("early"))).toEqual([
          "chat:{acme:early}:presence zset",
        ]);
        socket.terminate();
        look.disconnect();
        others.redis.pause();
        // Two at once: neither is known to be there because of the other.
        const knock = () => refusedUpgrade(chatUrl, [PROTOCOL, `bearer.${token}`]);
        for (const refused of await Promise.all([knock(), knock()])) {
          expect(refused).toMatchObject({ status: 503, body: { error: { code: "INTERNAL" } } });
          expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
        }
        others.redis.resume();
      } finally {
        await others.stop();
      }
    });
  });

  test("leaves Redis as it was within thirty seconds when it has died", async () => {
    expect(await forgetting).toBe(true);
    expect(await held(redis)).toEqual(before);
  });
});

/**
 * What Redis holds, by name and type, who is alive and who is listened to. How long things live is left out, and what
 * instances agree on, since that is no one instance's: whoever sweeps first says so, at a moment of its own.
 */
async function held(redis: Redis): Promise<{ keys: string[]; alive: string[]; channels: string[] }> {
  const names = await namesOf(redis);
  const types = await Promise.all(names.map((name) => redis.type(name)));
  return {
    keys: names.map((name, index) => `${name} ${types[index]}`),
    alive: (await redis.hkeys("chat:instances")).sort(),
    channels: ((await redis.pubsub("CHANNELS")) as string[]).sort(),
  };
}

async function namesOf(redis: Redis): Promise<string[]> {
  const all = await redis.keys("*");
  return all.filter((name) => !name.startsWith("chat:agreed:")).sort();
}

/** Opens one socket for each name, and waits for each one's first frame. */
async function openAll({ chatUrl }: GatewayProcess, subs: readonly string[]): Promise<WebSocket[]> {
  const left = subs.values();
  const opened: WebSocket[] = [];
  const open = async (): Promise<void> => {
    for (const sub of left) opened.push(await openOne(chatUrl, sub));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  return opened;
}

/** Opens one socket, like any client again where it is cut off before its first frame. */
async function openOne(chatUrl: string, sub: string): Promise<WebSocket> {
  for (let tries = 0; tries < TRIES; tries++) {
    const socket = new WebSocket(chatUrl, [PROTOCOL, `bearer.${signToken({ sub })}`]);
    // A socket that is cut off says so; that is what the test is about.
    socket.on("error", () => socket.terminate());
    const isGreeted = await new Promise<boolean>((resolve) => {
      socket.once("message", () => resolve(true));
      socket.once("close", () => resolve(false));
    });
    if (isGreeted) return socket;
  }
  throw new Error(`no socket of ${sub} was let in`);
}

const look = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK));
