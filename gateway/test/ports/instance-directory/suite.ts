import { beforeEach, describe, expect, test } from "@jest/globals";
import type { InstanceDirectory, LiveInstance } from "../../../src/ports/instance-directory.ts";
import { until } from "../support/until.ts";

/** Seconds of a lease that a test waits out, and of one that outlives every test. */
const SHORT = 0.2;
const LONG = 600;
const AWKWARD = ["a:b", "a", "A", "{a}", "1 0", "🙂", "", "é\n"];

/**
 * What every directory must do.
 *
 * @param open makes an empty one, as two instances see it; `tick` lets a little time pass
 */
export function instanceDirectorySuite(
  open: () => Promise<{ here: InstanceDirectory; there: InstanceDirectory; tick?: () => unknown }>,
): void {
  describe("a directory of instances", () => {
    let here: InstanceDirectory;
    let there: InstanceDirectory;
    let tick: (() => unknown) | undefined;
    beforeEach(async () => {
      ({ here, there, tick } = await open());
    });

    const alive = async (): Promise<LiveInstance[]> =>
      [...(await there.alive())].sort((one, other) => (one.id < other.id ? -1 : 1));
    const ids = async (): Promise<string[]> => (await alive()).map(({ id }) => id);

    test("tells who is alive, whatever their names, and who has left", async () => {
      expect(await alive()).toEqual([]);
      for (const id of AWKWARD) await here.beat({ id, draining: false }, LONG);
      expect(await ids()).toEqual([...AWKWARD].sort());
      await here.leave("a");
      await here.leave("never there");
      expect(await ids()).toEqual(AWKWARD.filter((id) => id !== "a").sort());
    });

    test("the last beat says whether an instance drains", async () => {
      await here.beat({ id: "1", draining: false }, LONG);
      await here.beat({ id: "2", draining: true }, LONG);
      expect(await alive()).toEqual([
        { id: "1", draining: false },
        { id: "2", draining: true },
      ]);
      await here.beat({ id: "1", draining: true }, LONG);
      expect(await alive()).toEqual([
        { id: "1", draining: true },
        { id: "2", draining: true },
      ]);
    });

    test("forgets who has not beaten in time, and keeps who has", async () => {
      await here.beat({ id: "beats", draining: false }, SHORT);
      await here.beat({ id: "lives", draining: true }, LONG);
      await here.beat({ id: "dies", draining: false }, SHORT);
      await here.beat({ id: "beats", draining: false }, LONG);
      await until(async () => !(await ids()).includes("dies"), tick);
      expect(await ids()).toEqual(["beats", "lives"]);
      await here.beat({ id: "dies", draining: false }, LONG);
      expect(await ids()).toEqual(["beats", "dies", "lives"]);
    });

    test("tells an instance whether it was known until now", async () => {
      expect(await here.beat({ id: "known", draining: false }, LONG)).toBe(false);
      expect(await there.beat({ id: "known", draining: false }, SHORT)).toBe(true);
      await until(async () => !(await ids()).includes("known"), tick);
      expect(await here.beat({ id: "known", draining: false }, LONG)).toBe(false);
      await here.leave("known");
      expect(await here.beat({ id: "known", draining: false }, LONG)).toBe(false);
    });

    test("of 200 that put something at once one stands, and all hear which", async () => {
      const all = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          (index % 2 === 0 ? here : there).agree("secret", `value ${index}`, LONG),
        ),
      );
      expect(new Set(all).size).toBe(1);
      expect(await here.agree("secret", "another", LONG)).toBe(all[0]);
      expect(await here.agree("archive", "another", LONG)).toBe("another");
    });

    test("what was agreed on ends with its time, unless it is said again", async () => {
      expect(await here.agree("said {again}:", "one", SHORT)).toBe("one");
      expect(await there.agree("said {again}:", "one", LONG)).toBe("one");
      expect(await here.agree("ends", "", SHORT)).toBe("");
      await until(async () => (await there.agree("ends", "other", SHORT)) === "other", tick);
      expect(await there.agree("said {again}:", "other", LONG)).toBe("one");
    });
  });
}
