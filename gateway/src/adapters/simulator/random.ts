/** Chooses one of some variants. */
export type Choose = <Item>(variants: readonly [Item, ...Item[]]) => Item;

/** A source of choices that are the same for the same seed and text. */
export function seededChoice(seed: number, text: string): Choose {
  let state = (seed ^ hash(text)) >>> 0;
  return (variants) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const index = ((mixed ^ (mixed >>> 14)) >>> 0) % variants.length;
    return variants[index] ?? variants[0];
  };
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
