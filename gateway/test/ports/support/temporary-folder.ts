import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of a test's own, and how it goes again. */
export interface TemporaryFolder {
  readonly path: string;
  file(name: string): string;
  remove(): Promise<void>;
}

/** Makes an empty folder where the system keeps what does not last. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "parlance-"));
  return {
    path,
    file: (name) => join(path, name),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
