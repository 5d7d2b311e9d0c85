import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { testSeed } from "../support/seed.ts";
import { OPERATIONS, type Step, take } from "./steps.ts";
import type { World } from "./world.ts";

const STEPS = 40;

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(...(Object.keys(OPERATIONS) as Step["op"][])),
  user: fc.nat(1),
  conversation: fc.nat(1),
  about: fc.nat(STEPS),
});
const life = fc.array(step, { minLength: STEPS / 2, maxLength: STEPS });

/** A tenant as a test plays it. */
interface Player {
  readonly tenant: string;
  readonly marker: string;
}

let made = 0;

/** A tenant that no run had before, and a word that nobody else stores. */
function newPlayer(): Player {
  const number = ++made;
  return { tenant: `t${number}/`, marker: `«${number}»` };
}

/** Plays lives side by side, in the order of `turns`; each tenant's answers, with names that all players share. */
async function play(
  world: World,
  lives: readonly { player: Player; steps: readonly Step[] }[],
  turns: readonly number[],
): Promise<string[][]> {
  const taken = lives.map(() => 0);
  const answers: string[][] = lives.map(() => []);
  const order = [...turns, ...lives.flatMap(({ steps }, index) => steps.map(() => index))];
  for (const turn of order) {
    const one = lives[turn];
    const number = taken[turn] ?? 0;
    const next = one?.steps[number];
    if (one === undefined || next === undefined) continue;
    taken[turn] = number + 1;
    const answer = JSON.stringify(await take(world, one.player, next, number));
    for (const { player } of lives) {
      if (player === one.player) continue;
      expect({ step: next, sees: answer.includes(player.marker) || answer.includes(player.tenant) }).toEqual({
        step: next,
        sees: false,
      });
    }
    const { marker, tenant } = one.player;
    answers[turn]?.push(`${next.op} ${answer.replaceAll(marker, "«»").replaceAll(tenant, "t")}`);
  }
  return answers;
}

/**
 * No tenant can tell that another is there.
 *
 * @param open opens empty stores
 * @param runs of the randomised test
 */
export function isolationSuite(open: () => Promise<World>, runs: number): void {
  describe("two tenants with the same ids for everything", () => {
    let world: World | undefined;
    beforeAll(async () => {
      world = await open();
    }, 60_000);
    afterAll(() => world?.close());

    test("are answered as if each were alone, never with a word of the other, and share no entry", async () => {
      const opened = world;
      if (opened === undefined) throw new Error("the stores are not open");
      const turns = fc.array(fc.nat(1), { maxLength: 2 * STEPS });
      await fc.assert(
        fc.asyncProperty(life, life, turns, async (left, right, order) => {
          const [one, other] = [newPlayer(), newPlayer()];
          const together = [
            { player: one, steps: left },
            { player: other, steps: right },
          ];
          const answers = await play(opened, together, order);
          expect((await play(opened, [{ player: newPlayer(), steps: left }], []))[0]).toEqual(answers[0]);
          expect((await play(opened, [{ player: newPlayer(), steps: right }], []))[0]).toEqual(answers[1]);
          for (const entry of await opened.entries()) {
            const [mine, others] = [one, other].map(({ tenant, marker }) =>
              [`${tenant}`, tenant.replace("/", "%2F"), marker].some((word) => entry.includes(word)),
            );
            expect({ entry, shared: mine === true && others === true }).toEqual({ entry, shared: false });
          }
        }),
        { seed: testSeed("isolation"), numRuns: runs },
      );
    }, 120_000);
  });
}
