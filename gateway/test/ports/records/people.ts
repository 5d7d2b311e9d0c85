import type { Archive, UserArchive } from "../../../src/ports/archive.ts";
import type { Erasure, KeptMessage, Records, UserRecords } from "../../../src/ports/records.ts";
import type { Scope } from "../../../src/ports/scope.ts";

/** An archive with its records. */
export interface OpenRecords {
  readonly archive: Archive;
  readonly records: Records;
}

/** A user whom no test had before. */
export interface Person {
  readonly scope: Scope;
  readonly archive: UserArchive;
  readonly records: UserRecords;
}

/** What all tests of the suite share. */
export interface RecordsUnderTest {
  opened(): OpenRecords;
  /** A user of a tenant; of one that all share where it is absent. */
  newPerson(tenant?: string): Person;
  /** Of the randomised test. */
  readonly runs: number;
}

/** A moment after everything that tests store. */
export const LATER = 1_900_000_000_000;

let made = 0;

/** An id that no test had before. */
export function freshId(what: string): string {
  return `${what}-${++made}`;
}

/** Erases a user as far as the archive goes. */
export async function erase(records: UserRecords, at = LATER): Promise<Erasure> {
  const { id } = await records.begin({ id: freshId("erasure"), by: "an operator", at: at - 1 });
  while (!(await records.purge(id, 3))) {
    // Again until nothing is left.
  }
  return records.finish(id, at);
}

/** Every message of every conversation, read in small pages, by conversation. */
export async function allKept(records: UserRecords): Promise<Map<string, KeptMessage[]>> {
  const found = new Map<string, KeptMessage[]>();
  let after: string | null | undefined;
  do {
    const page = await records.conversations({ limit: 2, ...(after ? { after } : {}) });
    for (const { id } of page.records) found.set(id, await messagesOf(records, id));
    after = page.next;
  } while (after !== null);
  return found;
}

async function messagesOf(records: UserRecords, conversation: string): Promise<KeptMessage[]> {
  const found: KeptMessage[] = [];
  let after: string | null | undefined;
  do {
    const page = await records.messages(conversation, { limit: 2, ...(after ? { after } : {}) });
    found.push(...page.records);
    after = page.next;
  } while (after !== null);
  return found;
}
