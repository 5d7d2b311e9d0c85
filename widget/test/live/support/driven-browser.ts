import { type Browser, launch } from "puppeteer-core";

/** Browsers that really hide the tabs that nobody looks at. */
export type BrowserName = "Chromium" | "Firefox";

/** Starts a browser; the caller closes it. `CHROMIUM_PATH` and `FIREFOX_PATH` say which. */
export function launchDriven(name: BrowserName): Promise<Browser> {
  return name === "Firefox"
    ? launch({ browser: "firefox", executablePath: process.env.FIREFOX_PATH ?? "/usr/bin/firefox-esr" })
    : launch({
        browser: "chrome",
        executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--short-reporting-delay"],
      });
}
