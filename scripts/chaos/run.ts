import { setTimeout as pause } from "node:timers/promises";
import { signToken } from "../../gateway/test/live/support/test-client.ts";
import type { RequestRecord } from "../upstream-simulator/index.ts";
import { seededRandom } from "../upstream-simulator/random.ts";
import { readArchive } from "./archive-check.ts";
import { checkBill } from "./bill.ts";
import { leftInstances, leftKeys } from "./leftovers.ts";
import { orphanedBy } from "./orphans.ts";
import type { ChaosPlan, Counts } from "./plan.ts";
import { ChaosStage, type Outage, questionOf } from "./stage.ts";
import { ChaosUser } from "./user.ts";
import { judge } from "./verdict.ts";

/** Seconds in which all that was promised has to end, once users do nothing more. */
const QUIET_AFTER = 40;

/** What came of it. */
export interface ChaosReport {
  readonly counts: Counts;
  /** What was promised and not kept, and what was too seldom seen; empty where all held. */
  readonly failures: readonly string[];
  /** When instances were gone. */
  readonly outages: readonly Outage[];
  /** What instances logged as warnings and errors, and how often: to be read where something failed. */
  readonly troubles: ReadonlyMap<string, number>;
}

/** Lets a plan happen, with the decisions that a seed gives, and judges what came of it. */
export async function runChaos(plan: ChaosPlan, seed: number): Promise<ChaosReport> {
  const stage = await ChaosStage.open(plan.instances);
  try {
    return await play(plan, stage, seed);
  } finally {
    await stage.close();
  }
}

async function play(plan: ChaosPlan, stage: ChaosStage, seed: number): Promise<ChaosReport> {
  const counts: Counts = { messages: 0, resumesElsewhere: 0, takeOvers: 0, cancelsAcross: 0, duplicates: 0 };
  const users = Array.from({ length: plan.users }, (_, index) => {
    const random = seededRandom(seed * plan.users + index);
    return new ChaosUser({ name: `user-${index}`, stage, counts, random, pause: plan.pause });
  });
  const over = new AbortController();
  const suffered = plan.faults.map(async (fault) => {
    await pause(fault.at * 1000);
    await stage.suffer(fault);
  });
  const living = users.map((user) => user.live(over.signal));
  await Promise.all([...suffered, pause(plan.seconds * 1000)]);
  // On a busy machine less happens in a minute.
  const latest = performance.now() + plan.seconds * 1000;
  while (performance.now() < latest && tooFew(plan, counted(counts, users, stage)).length > 0)
    await pause(1_000);
  over.abort();
  await Promise.all(living);
  const deadline = AbortSignal.timeout(QUIET_AFTER * 1000);
  const settled = await Promise.all(users.map((user) => user.settle(deadline)));
  const failures = settled.includes(false) ? ["not all that was promised came to its end"] : [];
  const calls = Map.groupBy(stage.calls(), questionOf);
  failures.push(...(await judgeAll(users, stage, calls)));
  await Promise.all(users.flatMap(({ devices }) => devices.map((device) => device.leave())));
  const ledgers = users.map(({ ledger }) => ledger);
  const orphaned = orphanedBy(stage.outages, ledgers, calls);
  failures.push(...checkBill(await stage.billed(), ledgers, orphaned));
  failures.push(...(await leftKeys(stage.redis, orphaned)));
  const troubles = stage.troubles();
  failures.push(...(await stage.end()), ...(await leftInstances(stage.redis)));
  const all = counted(counts, users, stage);
  failures.push(...tooFew(plan, all));
  return { counts: all, failures, outages: stage.outages, troubles };
}

type Calls = ReadonlyMap<string, readonly RequestRecord[]>;

async function judgeAll(users: readonly ChaosUser[], stage: ChaosStage, calls: Calls): Promise<string[]> {
  for (const user of users) {
    const token = signToken({ sub: user.ledger.user });
    const place = stage.anyInstance(() => (user.ledger.questions.size / 100) % 1, null);
    const archive = await readArchive({ ...place, token }, user.ledger);
    judge(user, { archive, calls, outages: stage.outages });
  }
  return users.flatMap(({ ledger }) => ledger.broken);
}

/** What has been counted so far: by the devices as it happens, and by what users and the upstream hold. */
function counted(asItHappens: Counts, users: readonly ChaosUser[], stage: ChaosStage): Counts {
  const attempts = Map.groupBy(stage.calls(), questionOf);
  const counts = { ...asItHappens };
  counts.takeOvers = [...attempts.values()].filter(({ length }) => length > 1).length;
  for (const { ledger, cancelsAcross } of users) {
    counts.messages += ledger.byReply.size;
    counts.cancelsAcross += cancelsAcross;
    for (const { sends } of ledger.questions.values()) counts.duplicates += Math.max(0, sends - 1);
  }
  return counts;
}

function tooFew({ minimum }: ChaosPlan, counts: Counts): string[] {
  return (Object.entries(minimum) as [keyof Counts, number][])
    .filter(([name, least]) => counts[name] < least)
    .map(([name, least]) => `${name}: ${counts[name]} of at least ${least}`);
}
