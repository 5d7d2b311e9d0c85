import type { JournalEntry, JournaledReply } from "../../../ports/reply-journal.ts";
import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";

/** {@link ReplyJournal.append}. */
export function appendToJournal(connection: Connection, entries: readonly JournalEntry[]): void {
  for (const entry of entries) appendEntry(connection, entry);
}

function appendEntry(connection: Connection, entry: JournalEntry): void {
  const { tenant, user, reply, epoch, seq, text } = entry;
  const last = connection.get<{ epoch: number; seq: number }>(
    `SELECT epoch, seq FROM journal WHERE tenant = ? AND user = ? AND reply = ?
     ORDER BY epoch DESC, seq DESC LIMIT 1`,
    tenant,
    user,
    reply,
  );
  if (last !== undefined) {
    if (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq)) return;
    if (epoch > last.epoch) dropFromJournal(connection, { scope: entry, reply });
  }
  connection.run(
    "INSERT INTO journal (tenant, user, reply, epoch, seq, text) VALUES (?, ?, ?, ?, ?, ?)",
    tenant,
    user,
    reply,
    epoch,
    seq,
    text,
  );
}

/** {@link ReplyJournal.read}. */
export function readJournal(
  connection: Connection,
  { scope, reply }: { scope: Scope; reply: string },
): JournaledReply | null {
  const pieces = connection.all<JournaledReply>(
    "SELECT epoch, seq, text FROM journal WHERE tenant = ? AND user = ? AND reply = ? ORDER BY epoch, seq",
    scope.tenant,
    scope.user,
    reply,
  );
  const last = pieces.at(-1);
  if (last === undefined) return null;
  return { epoch: last.epoch, seq: last.seq, text: pieces.map(({ text }) => text).join("") };
}

/** {@link ReplyJournal.drop}. */
export function dropFromJournal(
  connection: Connection,
  { scope, reply }: { scope: Scope; reply: string },
): void {
  connection.run(
    "DELETE FROM journal WHERE tenant = ? AND user = ? AND reply = ?",
    scope.tenant,
    scope.user,
    reply,
  );
}
