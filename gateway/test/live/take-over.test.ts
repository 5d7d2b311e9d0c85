import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { estimateTokens } from "../../src/llm/estimate-tokens.ts";
import type { TakeOverPolicy } from "../../src/ports/registry-store.ts";
import { measure } from "../ports/support/lived-clock.ts";
import { until } from "../ports/support/until.ts";
import { OPERATOR_KEY } from "./support/admin-client.ts";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";
import { TWO_TENANTS } from "./support/test-gateway.ts";

const SECRET = "take-over-signing-secret-of-at-least-32-characters";
const SYSTEM = "You answer for everybody.";
/** Chunks that are there when an instance dies: more than the journal is behind. */
const ENOUGH = 60;

interface Case {
  readonly question: string;
  readonly seed: number;
  readonly takeOver?: TakeOverPolicy;
  readonly model?: string;
}

/** A tenant each, so that what it used and wasted is that of one answer. */
const CASES = {
  anew: { seed: 101, question: "[[sim tokens=300 rate=60 seed=101]]" },
  asked: { seed: 111, question: "[[sim tokens=300 rate=60 seed=111]]", takeOver: "continue" },
  prefilled: {
    seed: 112,
    question: "[[sim tokens=300 rate=60 seed=112]]",
    takeOver: "continue",
    model: "claude-haiku-4-5",
  },
  simulated: {
    seed: 0,
    question: "How do I begin? A long answer, please.",
    takeOver: "continue",
    model: "simulator",
  },
  refused: {
    seed: 121,
    question: "[[sim tokens=300 rate=60 seed=121 go-on-fail=400]]",
    takeOver: "continue",
  },
  ended: { seed: 131, question: "[[sim tokens=300 rate=60 seed=131]]", takeOver: "end" },
  wordless: { seed: 141, question: "[[sim tokens=300 delay=60000 seed=141]]", takeOver: "end" },
  paused: { seed: 151, question: "[[sim tokens=300 rate=60 seed=151]]" },
} as const satisfies Record<string, Case>;
type Name = keyof typeof CASES;
const NAMES = Object.keys(CASES) as Name[];

/** An answer that was under way. */
interface Lost {
  /** A socket on the instance that goes, and one on the instance that stays. */
  readonly here: TestClient;
  readonly there: TestClient;
  readonly conversation: string;
  readonly reply: string;
  /** The question asked after it, which waits. */
  readonly waiting: string;
  /** What had reached the user. */
  readonly seen: { readonly text: string; readonly seq: number };
}

describe("instances that die, or sleep, in the middle of an answer", () => {
  let instances: Instances;
  let redis: Redis;
  let staying: GatewayProcess;
  let sleeping: GatewayProcess;
  let gone: () => number;
  const lost = new Map<Name, Lost>();

  beforeAll(async () => {
    instances = await prepareInstances({
      tenants: NAMES.map((id) => ({
        ...TWO_TENANTS.tenants[0],
        id,
        siteKeys: [],
        apiKeys: [],
        limits: { tokensPerMonth: 1_000_000 },
        signingKeys: [{ kid: id, algorithm: "HS256" as const, secret: SECRET }],
        systemPrompt: SYSTEM,
        model: (CASES[id] as Case).model ?? "claude-haiku-5-5",
        takeOver: (CASES[id] as Case).takeOver ?? "restart",
      })),
    });
    redis = new Redis(instances.redisUrl);
    // Two that stay: either may take over.
    const stays = { PARLANCE_ADMIN_KEY: OPERATOR_KEY, SIMULATOR_TOKENS_PER_SECOND: "400" };
    staying = await instances.start(stays);
    const [dying, asleep] = await Promise.all([instances.start(), instances.start(), instances.start(stays)]);
    sleeping = asleep;
    // No answer of a first call can end before its instance is gone; then what is on its way is said to the end.
    instances.upstream.next({ holdAfter: 150 }, NAMES.length - 1);
    const asked = await Promise.all(NAMES.map((name) => ask(name, name === "paused" ? asleep : dying)));
    await Promise.all(asked.map((answer, index) => underWay(NAMES[index] ?? "anew", answer)));
    sleeping.process.kill("SIGSTOP");
    await dying.end("SIGKILL");
    gone = measure();
    instances.upstream.goOn();
    asked.forEach((answer, index) => {
      lost.set(NAMES[index] ?? "anew", { ...answer, seen: answer.there.textOf(answer.reply) });
    });
  });
  afterAll(async () => {
    redis.disconnect();
    await instances.stop();
  });

  const ask = async (name: Name, going: GatewayProcess): Promise<Omit<Lost, "seen">> => {
    const token = signToken({ tenant_id: name, sub: "ada" }, { secret: SECRET, kid: name });
    const here = await connect(going.chatUrl, { token });
    const there = await connect(staying.chatUrl, { token });
    const { reply, conversation } = await here.ask(CASES[name].question);
    const waiting = await here.ask(`[[sim tokens=10 rate=500 seed=${CASES[name].seed + 1_000}]]`, {
      conversation,
    });
    return { here, there, conversation, reply, waiting: waiting.reply };
  };
  const underWay = async (name: Name, { there, reply }: Omit<Lost, "seen">): Promise<void> => {
    if (name !== "wordless") {
      await there.until(() => there.textOf(reply).seq >= ENOUGH, "enough chunks");
      return;
    }
    await until(async () => (await redis.keys(`*${reply}:journal`)).length > 0);
  };

  const lostOf = (name: Name): Lost => {
    const answer = lost.get(name);
    if (answer === undefined) throw new Error(`${name} was not asked`);
    return answer;
  };
  /** How an answer ended, for the user, in the archive, and in what the tenant used. */
  const outcome = async (name: Name) => {
    const { there, reply, conversation, waiting, seen } = lostOf(name);
    const done = await there.frame("done", (frame) => frame.reply === reply);
    const next = await there.frame("done", (frame) => frame.reply === waiting);
    const { text, seq } = there.textOf(reply);
    there.send({ type: "open", id: "stored", conversation });
    const { messages } = await there.frame("conversation", ({ ref }) => ref === "stored");
    const stored = messages.find(({ id }) => id === reply);
    expect(stored?.content).toBe(text);
    expect(done.seq).toBe(seq);
    expect(there.all("done").map((frame) => frame.reply)).toEqual([reply, waiting]);
    expect(next.reason).toBe("stop");
    expect(there.all("error")).toEqual([]);
    const snapshots = there.all("snapshot").filter((frame) => frame.reply === reply);
    return { done, next, text, seen, status: stored?.status, snapshots, usage: await usage(name) };
  };
  const usage = async (tenant: string) => {
    const answer = await fetch(`http://127.0.0.1:${staying.port}/admin/api/tenants/${tenant}/usage`, {
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
    });
    return (await answer.json()).total;
  };
  /** What the tenant's month has used and holds. */
  const budget = async (tenant: string) => {
    const [key = ""] = await redis.keys(`chat:{${tenant}}:*:budget`);
    const { used, held } = await redis.hgetall(key);
    return { used: Number(used), held: Number(held) };
  };
  const callsOf = (name: Name) =>
    instances.upstream.requests.filter(({ directives }) => directives.seed === CASES[name].seed);
  /** What the upstream counts of a case's first prompt. */
  const prompt = (name: Name): number => Math.ceil((SYSTEM + CASES[name].question).length / 4);

  test("within ten seconds every reader is sent a snapshot of the next epoch", async () => {
    for (const [name, { there, reply }] of lost) {
      if (name === "wordless") continue;
      const snapshot = await there.frame("snapshot", (frame) => frame.reply === reply);
      expect(snapshot.epoch).toBe(2);
    }
    expect(gone()).toBeLessThan(10_500);
  });

  test.each(NAMES)("tenant %s is billed what its users keep, once, and nothing stays held", async (name) => {
    const { done, next, usage: total } = await outcome(name);
    const kept = [done.usage, next.usage];
    expect(total.tokens).toBe(kept.reduce((sum, each) => sum + each.inputTokens + each.outputTokens, 0));
    expect(total.messages).toBe(name === "wordless" ? 1 : 2);
    expect(await budget(name)).toEqual({ used: total.tokens, held: 0 });
  });

  test("an answer is made anew; the lost attempt is waste", async () => {
    const { done, text, seen, snapshots, usage: total } = await outcome("anew");
    // On a busy machine it comes with the first words.
    expect(snapshots).toMatchObject([{ epoch: 2 }]);
    expect(expectedText(101, 300).startsWith(snapshots[0]?.content ?? "none")).toBe(true);
    expect(done).toMatchObject({ reason: "stop", epoch: 2, usage: { outputTokens: 300 } });
    expect(text).toBe(expectedText(101, 300));
    expect(callsOf("anew")).toHaveLength(2);
    expect(done.usage.inputTokens).toBe(prompt("anew"));
    // What was written down of it: up to half a second less than was seen, or what was on its way more.
    const written = Array.from({ length: seen.seq + ENOUGH }, (_, seq) =>
      estimateTokens(expectedText(101, seq + 1)),
    );
    expect(written).toContain(total.wastedTokens - prompt("anew"));
    expect(total.wastedCost).toBeGreaterThan(0);
  });

  test.each([
    ["asked", "by a user's turn that quotes the end", ["user", "assistant", "user"]],
    ["prefilled", "by the assistant's own turn, where the model takes one", ["user", "assistant"]],
  ] as const)("an answer is gone on with: tenant %s, %s", async (name, _, roles) => {
    const { done, text, seen, snapshots, usage: total } = await outcome(name);
    expect(snapshots).toHaveLength(1);
    const [{ content, seq } = { content: "", seq: 0 }] = snapshots;
    expect(content.length).toBeGreaterThan(0);
    expect(seen.text.startsWith(content)).toBe(true);
    expect(done).toMatchObject({ reason: "stop", epoch: 2, usage: { estimated: true } });
    expect(text).toBe(expectedText(CASES[name].seed, 300));
    const bodies = callsOf(name).map(({ body }) => body as { messages: { role: string }[] });
    expect(bodies.map(({ messages }) => messages.map(({ role }) => role))).toEqual([["user"], roles]);
    expect(done.usage.outputTokens).toBeGreaterThan(done.seq - seq);
    // The first prompt, and the beginning that the second call had to read.
    expect(total.wastedTokens).toBe(prompt(name) + estimateTokens(content));
  });

  test("the simulated model goes on as it would have", async () => {
    const { done, text, seen, snapshots } = await outcome("simulated");
    expect(done).toMatchObject({ reason: "stop", epoch: 2 });
    expect(text.startsWith(seen.text)).toBe(true);
    expect(seen.text.startsWith(snapshots[0]?.content ?? "-")).toBe(true);
    expect(snapshots[0]?.seq).toBeGreaterThan(0);
    expect(text).toMatch(/ANTHROPIC_API_KEY/);
  });

  test("where the model will not go on, the answer is made anew", async () => {
    const { done, text, snapshots, usage: total } = await outcome("refused");
    const [{ content, epoch } = { content: "", epoch: 0 }, anew] = snapshots;
    expect([epoch, anew?.epoch]).toEqual([2, 3]);
    expect(done).toMatchObject({ reason: "stop", epoch: 3, seq: 300, usage: { outputTokens: 300 } });
    expect(text).toBe(expectedText(121, 300));
    expect(callsOf("refused").map(({ status }) => status)).toEqual([200, 400, 200]);
    expect(total.wastedTokens).toBe(prompt("refused") + estimateTokens(content));
  });

  test("an answer ends as far as it got, and what waited behind it is answered", async () => {
    const { done, next, text, seen, status, usage: total } = await outcome("ended");
    expect(done).toMatchObject({ reason: "interrupted", epoch: 2, model: "claude-haiku-5-5" });
    expect(status).toBe("interrupted");
    expect(text.length).toBeGreaterThan(0);
    expect(seen.text.startsWith(text)).toBe(true);
    // Half a second at sixty a second, and what was on its way.
    expect(seen.seq - done.seq).toBeLessThan(ENOUGH);
    expect(lostOf("ended").there.textOf(next.reply).text).toBe(expectedText(1_131, 10));
    expect(callsOf("ended")).toHaveLength(1);
    expect(total.wastedTokens).toBe(0);
  });

  test("one that had begun and said nothing ends so too: all that it took is waste", async () => {
    const { done, status, usage: total } = await outcome("wordless");
    expect(done).toMatchObject({ reason: "interrupted", seq: 0, usage: { inputTokens: 0, outputTokens: 0 } });
    expect(status).toBe("interrupted");
    expect(callsOf("wordless")).toHaveLength(1);
    expect(total.wastedTokens).toBe(estimateTokens(SYSTEM) + estimateTokens(CASES.wordless.question));
  });

  test("an instance that wakes and was overtaken bills nothing more, and wastes nothing twice", async () => {
    const { text, usage: total } = await outcome("paused");
    sleeping.process.kill("SIGCONT");
    const { here, reply, waiting } = lostOf("paused");
    for (const id of [reply, waiting]) await here.frame("done", (frame) => frame.reply === id);
    await here.roundTrip();
    expect(here.textOf(reply).text).toBe(text);
    expect(text).toBe(expectedText(151, 300));
    expect(total.wastedTokens).toBeGreaterThan(0);
    expect(await usage("paused")).toEqual(total);
    expect(await budget("paused")).toEqual({ used: total.tokens, held: 0 });
  });
});
