import { Refused } from "./responses.ts";

/** The entity tag of a revision. */
export function tagOf(revision: number): string {
  return `"${revision}"`;
}

/** The tags of an `If-Match` header; null where there is none, or any will do. */
export function readIfMatch(header: string | undefined): readonly string[] | null {
  if (header === undefined) return null;
  const tags = header.split(",").map((tag) => tag.trim());
  // A weak tag never matches here, so it is left as it is.
  return tags.includes("*") ? null : tags;
}

/**
 * Lets a change through whose caller saw this revision, or did not say what it saw.
 *
 * @throws {@link Refused} 412
 */
export function matchRevision(ifMatch: readonly string[] | null, revision: number): void {
  if (ifMatch === null || ifMatch.includes(tagOf(revision))) return;
  throw new Refused(
    "PRECONDITION_FAILED",
    "it was changed since: read it again, and send its new ETag as If-Match",
  );
}

/** Tries of a change that does not say what it saw, where others change the same thing at the same time. */
const ATTEMPTS = 10;

/**
 * Makes a change that holds only on the revision it was made from: tried anew where somebody was faster.
 *
 * @param attempt returns null where somebody was; reads the thing anew each time
 */
export async function untilWritten<Done>(attempt: () => Promise<Done | null>): Promise<Done> {
  for (let count = 0; count < ATTEMPTS; count++) {
    const done = await attempt();
    if (done !== null) return done;
  }
  throw new Refused("CONFLICT", "others change the same thing again and again: try once more");
}
