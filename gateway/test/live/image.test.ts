import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../../..");
const OPERATOR_KEY = "op_image_0123456789abcdefghijklmnopqrst";

/** The instructions of a Dockerfile, those on several lines as one. */
async function dockerfile(): Promise<string[]> {
  const text = await readFile(join(ROOT, "Dockerfile"), "utf8");
  const lines = text.replaceAll(/^#.*\n/gmu, "").replaceAll(/\\\n\s*/gu, "");
  return lines.split("\n").filter((line) => line !== "");
}

/** What the image's last stage copies, put into a folder: no sources, and of the packages those of production alone. */
async function layOut(folder: string, instructions: readonly string[]): Promise<void> {
  const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM")));
  for (const [, from, to] of last.flatMap((line) => [
    /^COPY --from=build \/app\/(\S+) (\S+)$/u.exec(line) ?? [],
  ])) {
    if (from !== undefined && to !== undefined)
      await cp(join(ROOT, from), join(folder, to), { recursive: true });
  }
  expect(last).toContain("COPY --from=modules /app ./");
  for (const line of instructions.filter((each) => /^COPY (?!--from|\.)\S*package/u.test(each))) {
    const [, files = "", to = ""] = /^COPY (.+) (\S+)$/u.exec(line) ?? [];
    for (const file of files.split(" "))
      await cp(join(ROOT, file), join(folder, to, file.split("/").at(-1) ?? ""));
  }
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; link?: boolean }>;
  };
  for (const [path, { dev, link }] of Object.entries(lock.packages)) {
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/u.test(path) || dev === true || link === true) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(ROOT, path), join(folder, path));
  }
}

describe("what the Docker image holds", () => {
  let folder: string;
  let instructions: string[];
  let environment: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "parlance-image-"));
    instructions = await dockerfile();
    await layOut(folder, instructions);
    const [, set = ""] =
      /^ENV (.*)$/u.exec(instructions.findLast((line) => line.startsWith("ENV")) ?? "") ?? [];
    environment = {
      PATH: process.env.PATH ?? "",
      ...(Object.fromEntries(set.split(" ").map((pair) => pair.split("="))) as Record<string, string>),
      PORT: "0",
      HOST: "127.0.0.1",
      DATA_DIR: join(folder, "data"),
      PARLANCE_SECRET: "an-image-has-a-secret-of-at-least-32-characters",
      PARLANCE_ADMIN_KEY: OPERATOR_KEY,
      LOG_LEVEL: "silent",
    };
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ran = async (args: readonly string[], more: Record<string, string>) => {
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...environment, ...more } });
    const output: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => output.push(data));
    child.stderr.on("data", (data: Buffer) => output.push(data));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, output: Buffer.concat(output).toString() };
  };
  /** The words of `CMD` or of a health check, without the program, which is Node. */
  const words = (line: string): string[] => {
    const [program, ...rest] = JSON.parse(line.slice(line.indexOf("["))) as string[];
    expect(program).toBe("node");
    return rest;
  };
  const instruction = (name: string): string => instructions.findLast((line) => line.startsWith(name)) ?? "";

  test("is run by a user who is not root, and holds no sources", () => {
    expect(instruction("USER")).toBe("USER node");
    const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM")));
    expect(last.filter((line) => line.startsWith("COPY") && !line.includes("--from="))).toEqual([]);
    expect(environment.NODE_ENV).toBe("production");
  });

  test("is a gateway that starts, is healthy, is administered by its own command, and stops when asked", async () => {
    const gateway = spawn(process.execPath, words(instruction("CMD")), {
      cwd: folder,
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(gateway, "exit");
    let port = "";
    for await (const line of createInterface({ input: gateway.stdout })) {
      port = /^Listening: +\S+:(\d+)/u.exec(line)?.[1] ?? "";
      if (port !== "") break;
    }
    const check = () => ran(words(instruction("HEALTHCHECK")), { PORT: port });
    expect(await check()).toMatchObject({ code: 0 });

    const [, command = ""] =
      /ln -s \/app\/(\S+) \/usr\/local\/bin\/parlance/u.exec(instructions.join("\n")) ?? [];
    const parlance = (...args: string[]) =>
      ran([join(folder, command), ...args], { PARLANCE_URL: `http://127.0.0.1:${port}` });
    expect(await parlance("tenant", "create", "acme", "--name", "Acme")).toMatchObject({ code: 0 });
    const { code, output } = await parlance("tenant", "show", "acme", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ id: "acme", name: "Acme" });
    expect((await fetch(`http://127.0.0.1:${port}/widget.js`)).status).toBe(200);

    gateway.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(await check()).toMatchObject({ code: 1 });
  });
});
