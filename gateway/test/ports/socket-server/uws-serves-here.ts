import { loadUws, UwsUnavailable } from "../../../src/adapters/uws/load.ts";

/**
 * Whether uWebSockets.js serves on this machine. On Linux x64 with glibc it has to: there a failure to load
 * is a failure of the tests.
 *
 * @throws {UwsUnavailable} where it has to serve, and does not load
 */
export function uwsServesHere(): boolean {
  try {
    loadUws();
    return true;
  } catch (error) {
    if (!(error instanceof UwsUnavailable) || isGlibcLinux()) throw error;
    return false;
  }
}

function isGlibcLinux(): boolean {
  if (process.platform !== "linux" || process.arch !== "x64") return false;
  const report: unknown = process.report.getReport();
  return JSON.stringify(report).includes('"glibcVersionRuntime"');
}
