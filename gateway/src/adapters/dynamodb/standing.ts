import type { Place } from "./keys.ts";

/** An edit or a regenerate: all from its place on that was made before it is superseded. `n` is its version. */
export interface Cut extends Place {
  readonly n: number;
}

/** Whether one place comes before the other. */
export function isBefore(one: Place, other: Place): boolean {
  return one.position === other.position ? one.slot < other.slot : one.position < other.position;
}

/** Whether no cut has superseded what was made at a place by version `n`. */
export function stands(cuts: readonly Cut[], item: Place & { readonly n: number }): boolean {
  return !cuts.some((cut) => !isBefore(item, cut) && item.n < cut.n);
}

/** The cuts after one more. Former ones at or behind its place say nothing that it does not say. */
export function withCut(cuts: readonly Cut[], { position, slot, n }: Cut): Cut[] {
  return [...cuts.filter((cut) => isBefore(cut, { position, slot })), { position, slot, n }];
}
