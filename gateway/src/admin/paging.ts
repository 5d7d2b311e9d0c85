import { z } from "zod";

/** Where a list begins and how long it may be. */
export const PageQuery = z.strictObject({
  after: z.string().max(1_024).exactOptional().describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** `next` in every list. */
export const Next = z.string().nullable().describe("`after` of the next page, or null at the end");

/** A page of a list that was read whole, in the order of what names each. */
export function pageOf<Item>(
  all: readonly Item[],
  idOf: (item: Item) => string,
  { after, limit }: z.output<typeof PageQuery>,
): { page: readonly Item[]; next: string | null } {
  const start = after === undefined ? 0 : all.findIndex((item) => idOf(item) > after);
  const rest = start === -1 ? [] : all.slice(start);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { page, next: rest.length > limit && last !== undefined ? idOf(last) : null };
}
