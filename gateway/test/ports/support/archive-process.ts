import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite } from "../../../src/adapters/sqlite/database.ts";
import type { ArchiveCommand, ArchiveReport } from "./archive-child.ts";
import { scopeOf } from "./scopes.ts";

/** A process of its own over an archive's file: accepts what it is told to, says what came of it. */
const tell = (report: ArchiveReport): void => {
  process.send?.(report);
};

process.on("message", (command: ArchiveCommand) => {
  run(command).then(tell, (error: unknown) => tell({ type: "failed", message: String(error) }));
});
process.on("disconnect", () => process.exit(0));

const archive = createSqliteArchive(await openSqlite(process.argv[2] ?? ""));
tell({ type: "open" });

async function run({ tenant, user, requests, ends }: ArchiveCommand): Promise<ArchiveReport> {
  const mine = archive.forUser(scopeOf(tenant, user));
  const accepted = await Promise.all(requests.map((request) => mine.accept(request)));
  const ended = await Promise.all(ends.map((end) => mine.endReply(end)));
  return { type: "done", accepted, ended };
}
