import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type GatewayProcess, startGatewayProcess } from "../gateway/test/live/support/gateway-process.ts";
import { smallPng } from "./lib/small-png.ts";

/**
 * `npm run screenshots`: takes pictures of the widget on the demo page, in a real browser at a real gateway, and
 * writes them to `docs/screenshots`.
 */

const ROOT = join(import.meta.dirname, "..");
const PICTURES = join(ROOT, "docs", "screenshots");
/** Bytes that a picture may have: readers of the README load several. */
const MOST_BYTES = 150 * 1_024;
/** What every clock in a picture shows. */
const NOW = "2026-10-06T10:24:00";

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 1.5,
  hasTouch: true,
  isMobile: true,
};

interface Picture {
  readonly name: string;
  readonly device: BrowserContextOptions;
  /** Text after which an answer stands still, so that the picture is the same each time. */
  readonly holdAfter?: string;
  /** Brings the page to what is to be seen. */
  pose(page: Page, gateway: GatewayProcess): Promise<unknown>;
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

const COMPARISON = "What is the difference between Guest and Club?";
const ADDRESS = "How do I change my delivery address?";

const ALL: readonly Picture[] = [
  { name: "closed", device: DESKTOP, pose: (page) => button(page, "Open chat").waitFor() },
  { name: "welcome", device: DESKTOP, pose: open },
  {
    name: "streaming",
    device: DESKTOP,
    holdAfter: "every detail",
    async pose(page) {
      await open(page);
      await ask(page, COMPARISON);
      await page.getByText("every detail").waitFor();
    },
  },
  {
    name: "code",
    device: DESKTOP,
    holdAfter: "page by page.",
    async pose(page) {
      await open(page);
      await ask(page, "A curl example for the stock API, please");
      await page.getByText("page by page.").waitFor();
    },
  },
  {
    name: "dark",
    device: { ...DESKTOP, colorScheme: "dark" },
    pose: (page) => askToTheEnd(page, COMPARISON),
  },
  { name: "phone", device: PHONE, pose: (page) => askToTheEnd(page, ADDRESS) },
  { name: "phone-welcome", device: { ...PHONE, colorScheme: "dark" }, pose: open },
  // The last one, since the gateway does not live through it.
  {
    name: "error",
    device: DESKTOP,
    async pose(page, gateway) {
      await askToTheEnd(page, ADDRESS);
      await gateway.end("SIGKILL");
      await ask(page, "And the one on the bill?");
      await page.getByText("can't be reached").waitFor();
    },
  },
];

/** Lets nothing more through to the page once a text has come. */
async function holdAfter(page: Page, text: string): Promise<void> {
  await page.routeWebSocket(/\/v1\/chat$/, (socket) => {
    let written = "";
    socket.connectToServer().onMessage((message) => {
      if (written.includes(text)) return;
      const frame = JSON.parse(String(message)) as { type: string; content?: string };
      if (frame.type === "token") written += frame.content ?? "";
      socket.send(message);
    });
  });
}

/** Has the browser read a picture, and writes it anew. */
async function smaller(page: Page, picture: Buffer): Promise<Buffer> {
  const { width, height, pixels } = await page.evaluate(
    async (address) => {
      const bitmap = await createImageBitmap(await (await fetch(address)).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      if (canvas === null) throw new Error("the browser has no canvas");
      canvas.drawImage(bitmap, 0, 0);
      const { width, height, data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
      return {
        width,
        height,
        pixels: (new Uint8Array(data) as unknown as { toBase64(): string }).toBase64(),
      };
    },
    `data:image/png;base64,${picture.toString("base64")}`,
  );
  return smallPng(width, height, Buffer.from(pixels, "base64"));
}

async function take(browser: Browser, gateway: GatewayProcess, planned: Picture): Promise<void> {
  const { name, device, pose } = planned;
  const context = await browser.newContext({ reducedMotion: "reduce", ...device });
  try {
    const page = await context.newPage();
    await page.clock.setFixedTime(NOW);
    // Pauses between tries are drawn at random, and told.
    await page.addInitScript(() => {
      Math.random = () => 0.9;
    });
    if (planned.holdAfter !== undefined) await holdAfter(page, planned.holdAfter);
    await page.goto(`http://localhost:${gateway.port}/demo`);
    await pose(page, gateway);
    await page.mouse.move(1, 1);
    await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
    const picture = await smaller(await context.newPage(), await page.screenshot());
    const { length } = picture;
    await writeFile(join(PICTURES, `${name}.png`), picture);
    process.stdout.write(`docs/screenshots/${name}.png  ${Math.round(length / 1_024)} KB\n`);
    if (length > MOST_BYTES) throw new Error(`${name}.png has more than ${MOST_BYTES / 1_024} KB`);
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
