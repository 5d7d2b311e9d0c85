import { type Browser, chromium } from "playwright-core";

/** Starts the browser of the tests; the caller closes it. `CHROMIUM_PATH` says which. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Reports of a policy go out at once, and not within a minute.
      "--short-reporting-delay",
    ],
  });
}
