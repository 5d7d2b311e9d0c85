import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * Makes the data directory and those above it where they are missing.
 *
 * @throws Error that names the variable and what to do, where nothing can be written there
 */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await makeDirectory(resolve(path));
    await access(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new Error(
      `DATA_DIR: nothing can be written in ${path} (${code}): choose another, or let this user write there`,
      { cause: error },
    );
  }
}

/** Node's own recursive `mkdir` never ends where a file system such as /proc says that the parent is missing. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    const parent = dirname(path);
    if (code !== "ENOENT" || (await exists(parent))) throw error;
    await makeDirectory(parent);
    await makeDirectory(path);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
