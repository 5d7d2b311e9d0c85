import { stop } from "esbuild";
import { fail } from "../fail.mjs";
import { buildGateway } from "./gateway.mjs";
import { buildWidget } from "./widget.mjs";

/** Builds what changed, or ends the program where that cannot be done. @returns the parts that had to be built */
export async function buildOrFail() {
  try {
    return await buildAll();
  } catch (error) {
    // What esbuild finds wrong it has printed, with its place.
    return fail(`the build failed${error.errors ? ", see above" : `: ${error.message}`}`);
  }
}

/**
 * Builds what changed. Nothing of esbuild runs on afterwards.
 * @returns {Promise<string[]>} the parts that had to be built
 * @throws {import("esbuild").BuildFailure} after esbuild has printed what is wrong
 */
async function buildAll() {
  try {
    const [gateway, widget] = await Promise.all([buildGateway(), buildWidget()]);
    return [gateway && "gateway", widget && "widget"].filter(Boolean);
  } finally {
    await stop();
  }
}
