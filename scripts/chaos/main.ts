import { parseArgs } from "node:util";
import { FULL_PLAN, SHORT_PLAN } from "./plan.ts";
import { runChaos } from "./run.ts";

const { values } = parseArgs({ options: { seed: { type: "string" }, short: { type: "boolean" } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const plan = values.short === true ? SHORT_PLAN : FULL_PLAN;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(`chaos with --seed ${seed}: ${plan.instances} instances, ${plan.users} users, ${plan.seconds} s`);
const { counts, failures, outages, troubles } = await runChaos(plan, seed);
for (const [name, number] of Object.entries(counts)) say(`  ${name}: ${number}`);
for (const failure of failures.slice(0, 40)) say(`  FAILS: ${failure}`);
if (failures.length > 0) {
  for (const { instance, from, to } of outages)
    say(
      `  ${instance} was gone from ${Math.round(from % 1e6)} to ${to === Infinity ? "its end" : Math.round(to % 1e6)}`,
    );
  for (const [trouble, times] of troubles) say(`  logged ${times} times by ${trouble}`);
  say(`${failures.length} failures with --seed ${seed}`);
} else {
  say("every promise was kept");
}
process.exitCode = failures.length === 0 ? 0 : 1;
