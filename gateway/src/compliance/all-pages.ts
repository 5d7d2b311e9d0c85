import type { RecordsFound, RecordsPage } from "../ports/records.ts";

/** Records a page: few enough that nobody waits for one. */
const PAGE = 200;

/** Reads every page, one after the other. */
export async function* allPages<Kept>(
  read: (page: RecordsPage) => Promise<RecordsFound<Kept>>,
): AsyncGenerator<Kept> {
  let after: string | null | undefined;
  do {
    const page = await read({ limit: PAGE, ...(typeof after === "string" ? { after } : {}) });
    yield* page.records;
    after = page.next;
  } while (after !== null);
}
