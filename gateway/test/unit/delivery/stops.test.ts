import { expect, test } from "@jest/globals";
import type { Copies } from "../../../src/delivery/cluster/copies.ts";
import type { ClusterParts } from "../../../src/delivery/cluster/parts.ts";
import type { Peers } from "../../../src/delivery/cluster/peers.ts";
import { Stops } from "../../../src/delivery/cluster/stops.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";

test("a reply whose instance answers nobody in all that time counts as not stopped", async () => {
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
    clock.advance(14_000);
    return null;
  };
  const stops = new Stops(parts, {} as Copies, {
    peers: () => ({ ask }) as unknown as Peers,
    isMember: () => true,
  });
  const stopped = stops.stop({ scope: scopeOf("acme", "ada"), reply: "r", reason: "cancelled" });
  expect(stops.wanted("r")).toBe("cancelled");
  await expect(stopped).rejects.toThrow("nobody could be reached");
  expect(asked).toBe(1);
  expect(stops.wanted("r")).toBeNull();
});
