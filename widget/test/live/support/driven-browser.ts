import { type Browser, launch } from "puppeteer-core";

/** Browsers that really hide the tabs that nobody looks at. */
export type BrowserName = "Chromium" | "Firefox";

/**
 * Starts a browser; the caller closes it. `CHROMIUM_PATH` and `FIREFOX_PATH` say which.
 *
 * @param options.profile a folder with the settings of a user's; a new one where absent
 * @param options.preferences what is set in Firefox besides
 */
export function launchDriven(
  name: BrowserName,
  { profile, preferences = {} }: { profile?: string; preferences?: Record<string, unknown> } = {},
): Promise<Browser> {
  return name === "Firefox"
    ? launch({
        browser: "firefox",
        executablePath: process.env.FIREFOX_PATH ?? "/usr/bin/firefox-esr",
        extraPrefsFirefox: preferences,
      })
    : launch({
        browser: "chrome",
        executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
        ...(profile === undefined ? {} : { userDataDir: profile }),
        args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--short-reporting-delay"],
      });
}
