import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { type GatewayProcess, startGatewayProcess } from "../gateway/test/live/support/gateway-process.ts";

/**
 * `npm run screenshots`: takes pictures of the widget on the demo page, in a real browser at a real gateway, and
 * writes them to `docs/screenshots`.
 */

const ROOT = join(import.meta.dirname, "..");
const PICTURES = join(ROOT, "docs", "screenshots");
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

interface Look {
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme?: "light" | "dark";
}

interface Picture extends Look {
  readonly name: string;
  /** Brings the page to what is to be seen. */
  pose(page: Page, gateway: GatewayProcess): Promise<void>;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function open(page: Page): Promise<void> {
  await button(page, "Open chat").click();
  await page.getByText("Online").waitFor();
}

async function ask(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.keyboard.press("Enter");
}

async function askToTheEnd(page: Page, text: string): Promise<void> {
  await open(page);
  await ask(page, text);
  await button(page, "Copy answer").waitFor();
}

/** Taken last, since the gateway does not live through it. */
const LAST: Picture[] = [
  {
    name: "error",
    viewport: DESKTOP,
    async pose(page, gateway) {
      await askToTheEnd(page, "Which tent suits two people in autumn?");
      await gateway.end("SIGKILL");
      await ask(page, "And for three?");
      await page.getByText("can't be reached").waitFor();
    },
  },
];

const ALL: Picture[] = [
  { name: "closed", viewport: DESKTOP, pose: (page) => button(page, "Open chat").waitFor() },
  { name: "welcome", viewport: DESKTOP, pose: open },
  {
    name: "streaming",
    viewport: DESKTOP,
    async pose(page) {
      await open(page);
      await ask(page, "Compare the Haul 48 and the Haul 65");
      await page.locator(".prose td").first().waitFor();
    },
  },
  {
    name: "code",
    viewport: DESKTOP,
    async pose(page) {
      await askToTheEnd(page, "How do I read your stock API from TypeScript?");
      await page.getByRole("log").evaluate((log) => log.scrollTo(0, 0));
    },
  },
  {
    name: "dark",
    viewport: DESKTOP,
    colorScheme: "dark",
    pose: (page) => askToTheEnd(page, "Compare the Haul 48 and the Haul 65"),
  },
  { name: "phone", viewport: PHONE, pose: (page) => askToTheEnd(page, "How do I wash a down jacket?") },
  { name: "phone-welcome", viewport: PHONE, colorScheme: "dark", pose: open },
  ...LAST,
];

async function take(browser: Browser, gateway: GatewayProcess, picture: Picture): Promise<void> {
  const { name, viewport, colorScheme = "light", pose } = picture;
  const context = await browser.newContext({
    viewport,
    colorScheme,
    reducedMotion: "reduce",
  });
  try {
    const page = await context.newPage();
    await page.goto(`http://localhost:${gateway.port}/demo`);
    await pose(page, gateway);
    // The focus ring of whoever clicked is not what the picture is of.
    await page.mouse.move(1, 1);
    await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    process.stdout.write(`docs/screenshots/${name}.png\n`);
  } finally {
    await context.close();
  }
}

async function main(): Promise<void> {
  const built = spawnSync(process.execPath, [join(ROOT, "scripts", "build.mjs")], { stdio: "inherit" });
  if (built.status !== 0) throw new Error("the build failed");
  const programs: typeof import("./lib/programs.mjs") = await import("./lib/programs.mjs");
  const [executablePath] = programs.ensurePrograms([programs.CHROMIUM]);
  if (executablePath === undefined) throw new Error("there is no browser");
  const data = await mkdtemp(join(tmpdir(), "parlance-screenshots-"));
  const gateway = await startGatewayProcess({ DATA_DIR: data, LOG_LEVEL: "warn", DRAIN_SECONDS: "0" });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    await mkdir(PICTURES, { recursive: true });
    for (const picture of ALL) await take(browser, gateway, picture);
  } finally {
    await browser.close();
    await gateway.end("SIGKILL");
    await rm(data, { recursive: true, force: true });
  }
}

await main();
