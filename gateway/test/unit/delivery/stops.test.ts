import { expect, test } from "@jest/globals";
import type { Copies } from "../../../src/delivery/cluster/copies.ts";
import type { ClusterParts } from "../../../src/delivery/cluster/parts.ts";
import type { Peers } from "../../../src/delivery/cluster/peers.ts";
import { Stops } from "../../../src/delivery/cluster/stops.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";
import { until } from "../../ports/support/until.ts";

const CANCEL = { scope: scopeOf("acme", "ada"), reply: "r", reason: "cancelled" } as const;

/** Stops beside an instance that runs the reply and answers nobody, which takes so many milliseconds to find out. */
function besideDeaf(milliseconds: number): { stops: Stops; asked: () => number } {
  const clock = manualClock();
  const parts = {
    self: "here",
    clock,
    replies: { get: () => null },
    archive: { forUser: () => ({ reply: async () => ({ state: "open", owed: { conversation: "c" } }) }) },
    leases: { ownerOf: async () => ({ instance: "deaf", epoch: 1 }) },
  } as unknown as ClusterParts;
  let asked = 0;
  const ask = async (): Promise<null> => {
    asked++;
    clock.advance(milliseconds);
    return null;
  };
  const stops = new Stops(parts, {} as Copies, {
    peers: () => ({ ask }) as unknown as Peers,
    isMember: () => true,
  });
  return { stops, asked: () => asked };
}

test("a reply whose instance answers nobody in all that time counts as not stopped", async () => {
  const { stops, asked } = besideDeaf(14_000);
  const stopped = stops.stop(CANCEL);
  expect(stops.wanted("r")).toBe("cancelled");
  await expect(stopped).rejects.toThrow("nobody could be reached");
  expect(asked()).toBe(1);
  expect(stops.wanted("r")).toBeNull();
});

test("whoever ends does not go on trying", async () => {
  const { stops, asked } = besideDeaf(0);
  const stopped = expect(stops.stop(CANCEL)).rejects.toThrow("aborted");
  await until(() => asked() === 1);
  stops.close();
  await stopped;
  expect(asked()).toBe(1);
});
