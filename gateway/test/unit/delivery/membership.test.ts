import { afterAll, expect, test } from "@jest/globals";
import { createMemoryInstanceDirectory } from "../../../src/adapters/memory/instance-directory.ts";
import { Membership } from "../../../src/delivery/cluster/membership.ts";
import type { ClusterParts } from "../../../src/delivery/cluster/parts.ts";
import { Connections } from "../../../src/delivery/connections.ts";
import type { InstanceDirectory } from "../../../src/ports/instance-directory.ts";
import { type ManualClock, manualClock } from "../../ports/support/manual-clock.ts";

const connections = new Connections({ left: () => undefined, abandoned: () => undefined });
afterAll(() => connections.close());

/** What an instance without sockets knows of others by a directory. */
function partsOf(clock: ManualClock, directory: InstanceDirectory): ClusterParts {
  const presence = { renew: async () => undefined };
  const parts = { self: "here", clock, connections, draining: () => false, presence, directory };
  return parts as unknown as ClusterParts;
}

test("an instance that is held up anew while it greets the others greets them again", async () => {
  const clock = manualClock();
  const parts = partsOf(clock, createMemoryInstanceDirectory({ clock }));
  const holdUps = [9_000];
  let greetings = 0;
  const members = new Membership(parts, {
    gone: () => undefined,
    back: async () => {
      greetings++;
      for (const milliseconds of holdUps.splice(0)) clock.advance(milliseconds);
    },
  });
  await members.beat();
  clock.advance(3_000);
  await members.beat();
  expect(greetings).toBe(2);
  expect(members.heldUp).toBe(false);
});

test("an instance that was held up greets those who came meanwhile, whatever it had asked before", async () => {
  const clock = manualClock();
  const directory = createMemoryInstanceDirectory({ clock });
  let holdUp = async (): Promise<void> => undefined;
  const parts = partsOf(clock, {
    ...directory,
    async alive() {
      const answer = await directory.alive();
      await holdUp();
      return answer;
    },
  });
  const greeted: { others: string[]; unreachable: boolean }[] = [];
  const members: Membership = new Membership(parts, {
    gone: () => undefined,
    back: async (unreachable) => void greeted.push({ others: members.all.map(({ id }) => id), unreachable }),
  });
  await members.beat();
  holdUp = async () => {
    holdUp = async () => undefined;
    clock.advance(9_000);
    await directory.beat({ id: "came meanwhile", draining: false }, 5);
  };
  await members.beat();
  // They may have taken it for gone, and told it nothing.
  expect(greeted).toEqual([{ others: ["came meanwhile"], unreachable: true }]);
  expect(members.heldUp).toBe(false);
});

test("an instance that was taken for gone says so when it wakes, though one of two beats finds it known again", async () => {
  const clock = manualClock();
  const greeted = new Set<boolean>();
  const members = new Membership(partsOf(clock, createMemoryInstanceDirectory({ clock })), {
    gone: () => undefined,
    back: async (unreachable) => void greeted.add(unreachable),
  });
  await members.beat();
  clock.advance(9_000);
  await Promise.all([members.beat(), members.present()]);
  expect([...greeted]).toEqual([true]);
  clock.advance(3_000);
  await members.beat();
  expect([...greeted]).toEqual([true, false]);
});
