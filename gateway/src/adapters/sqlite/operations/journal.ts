import type { JournalEntry, JournaledReply } from "../../../ports/reply-journal.ts";
import type { Scope } from "../../../ports/scope.ts";
import type { Connection } from "../connection.ts";

/** Above every epoch there is: what stands under it keeps out what comes later. */
const ERASED_EPOCH = Number.MAX_SAFE_INTEGER;

/** {@link ReplyJournal.append}. */
export function appendToJournal(connection: Connection, entries: readonly JournalEntry[]): void {
  for (const entry of entries) appendEntry(connection, entry);
}

function appendEntry(connection: Connection, entry: JournalEntry): void {
  const { tenant, user, reply, epoch, seq, after, text, attempt } = entry;
  const last = lastPiece(connection, entry);
  let held = last?.seq ?? 0;
  if (last !== undefined) {
    if (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq)) return;
    if (epoch > last.epoch) {
      dropFromJournal(connection, { scope: entry, reply, epoch: last.epoch });
      held = 0;
    }
  }
  if (after !== undefined && held > after) {
    connection.run(
      "DELETE FROM journal WHERE tenant = ? AND user = ? AND reply = ? AND epoch = ? AND seq > ?",
      tenant,
      user,
      reply,
      epoch,
      after,
    );
    held = lastPiece(connection, entry)?.seq ?? 0;
  }
  if (after !== undefined && held !== after) return;
  connection.run(
    `INSERT INTO journal (tenant, user, reply, epoch, seq, text, model, input_tokens, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, unixepoch() * 1000)`,
    tenant,
    user,
    reply,
    epoch,
    seq,
    text,
    attempt?.model ?? null,
    attempt?.inputTokens ?? null,
  );
}

function lastPiece(
  connection: Connection,
  { tenant, user, reply }: JournalEntry,
): { epoch: number; seq: number } | undefined {
  return connection.get<{ epoch: number; seq: number }>(
    `SELECT epoch, seq FROM journal WHERE tenant = ? AND user = ? AND reply = ?
     ORDER BY epoch DESC, seq DESC LIMIT 1`,
    tenant,
    user,
    reply,
  );
}

/** {@link ReplyJournal.read}. */
export function readJournal(
  connection: Connection,
  { scope, reply }: { scope: Scope; reply: string },
): JournaledReply | null {
  const pieces = connection.all<Piece>(
    `SELECT epoch, seq, text, model, input_tokens AS inputTokens FROM journal
     WHERE tenant = ? AND user = ? AND reply = ? ORDER BY epoch, seq`,
    scope.tenant,
    scope.user,
    reply,
  );
  const last = pieces.at(-1);
  if (last === undefined || last.epoch === ERASED_EPOCH) return null;
  const asked = pieces.findLast(({ model }) => model !== null);
  return {
    epoch: last.epoch,
    seq: last.seq,
    text: pieces.map(({ text }) => text).join(""),
    ...(asked?.model == null ? {} : { attempt: { model: asked.model, inputTokens: asked.inputTokens ?? 0 } }),
  };
}

interface Piece {
  readonly epoch: number;
  readonly seq: number;
  readonly text: string;
  readonly model: string | null;
  readonly inputTokens: number | null;
}

/** {@link ReplyJournal.drop}. */
export function dropFromJournal(
  connection: Connection,
  { scope, reply, epoch }: { scope: Scope; reply: string; epoch: number },
): void {
  connection.run(
    "DELETE FROM journal WHERE tenant = ? AND user = ? AND reply = ? AND epoch <= ?",
    scope.tenant,
    scope.user,
    reply,
    epoch,
  );
}

/** {@link ReplyJournal.eraseUser}. */
export function eraseFromJournal(
  connection: Connection,
  { scope, replies }: { scope: Scope; replies: readonly string[] },
): number {
  const erased = connection.get<{ replies: number }>(
    "SELECT count(DISTINCT reply) AS replies FROM journal WHERE tenant = ? AND user = ? AND epoch <> ?",
    scope.tenant,
    scope.user,
    ERASED_EPOCH,
  );
  connection.run("DELETE FROM journal WHERE tenant = ? AND user = ?", scope.tenant, scope.user);
  const marker = { tenant: scope.tenant, user: scope.user, epoch: ERASED_EPOCH, seq: 0, text: "" };
  for (const reply of replies) appendEntry(connection, { ...marker, reply });
  return erased?.replies ?? 0;
}

/** {@link ReplyJournal.expire}. */
export function expireJournal(connection: Connection, { before }: { before: number }): number {
  return connection.run("DELETE FROM journal WHERE at < ?", before);
}
