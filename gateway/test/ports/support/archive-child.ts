import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AcceptRequest, AcceptResult, ReplyEnd } from "../../../src/ports/archive.ts";

/** What the child is told to write, all at once. */
export interface ArchiveCommand {
  readonly tenant: string;
  readonly user: string;
  readonly requests: readonly AcceptRequest[];
  readonly ends: readonly ReplyEnd[];
}

/** What the child says. */
export type ArchiveReport =
  | { readonly type: "open" }
  | { readonly type: "done"; readonly accepted: readonly AcceptResult[]; readonly ended: readonly boolean[] }
  | { readonly type: "failed"; readonly message: string };

/** Another process that has the same archive file open. */
export interface ArchiveChild {
  write(command: ArchiveCommand): Promise<Extract<ArchiveReport, { type: "done" }>>;
  /** Kills it with no chance to tidy up. */
  kill(): Promise<void>;
}

/** Starts a process over the file and waits until it has opened it. */
export async function archiveChild(path: string): Promise<ArchiveChild> {
  const child = fork(fileURLToPath(new URL("./archive-process.ts", import.meta.url)), [path]);
  await report(child, "open");
  return {
    async write(command) {
      child.send(command);
      return await report(child, "done");
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function report<Type extends ArchiveReport["type"]>(
  child: ChildProcess,
  type: Type,
): Promise<Extract<ArchiveReport, { type: Type }>> {
  const message = await Promise.race([
    once(child, "message").then(([said]) => said as ArchiveReport),
    once(child, "exit").then(
      ([code]): ArchiveReport => ({ type: "failed", message: `it ended with ${code}` }),
    ),
  ]);
  if (message.type !== type) throw new Error(`the other process: ${JSON.stringify(message)}`);
  return message as Extract<ArchiveReport, { type: Type }>;
}
