import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  expectedText,
  startUpstreamSimulator,
  type UpstreamSimulator,
} from "../../../scripts/upstream-simulator/index.ts";
import { OPERATOR_KEY } from "./support/admin-client.ts";
import { type GatewayProcess, startGatewayProcess } from "./support/gateway-process.ts";
import { connect, refusedUpgrade, signToken } from "./support/test-client.ts";
import { ACME_API_KEY, ACME_SECRET, TWO_TENANTS } from "./support/test-gateway.ts";

describe("a gateway process", () => {
  let upstream: UpstreamSimulator;
  let dataDirectory: string;
  let running: GatewayProcess | null = null;

  beforeAll(async () => {
    upstream = await startUpstreamSimulator();
    dataDirectory = await mkdtemp(join(tmpdir(), "parlance-test-"));
    await writeFile(join(dataDirectory, "seed.json"), JSON.stringify(TWO_TENANTS));
  });
  afterAll(async () => {
    await running?.end("SIGKILL");
    await upstream.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  const start = async (more: Record<string, string> = {}): Promise<GatewayProcess> => {
    running = await startGatewayProcess({
      DATA_DIR: dataDirectory,
      PARLANCE_CONFIG: join(dataDirectory, "seed.json"),
      ANTHROPIC_API_KEY: "test-key",
      ANTHROPIC_BASE_URL: upstream.url,
      PARLANCE_ADMIN_KEY: OPERATOR_KEY,
      ...more,
    });
    return running;
  };

  test("killed mid-answer and started again, it has the question, and the reply ended as interrupted with its text so far", async () => {
    const first = await start();
    const before = await connect(first.chatUrl);
    const ack = await before.ask("[[sim tokens=5000 rate=100 seed=4 stall-after=250]]");
    const waiting = await before.ask("and this waits");
    await before.until(() => before.textOf(ack.reply).seq >= 150, "more than a second of text");
    const seen = before.textOf(ack.reply);
    await first.end("SIGKILL");

    const second = await start();
    const after = await connect(second.chatUrl);
    const ready = await after.frame("ready");
    expect(ready.replies).toEqual([]);
    expect(ready.conversation).toBe(ack.conversation);
    expect(ready.messages.map(({ role, status }) => [role, status])).toEqual([
      ["user", undefined],
      ["assistant", "interrupted"],
      ["user", undefined],
      ["assistant", "interrupted"],
    ]);
    const [, answer] = ready.messages;
    expect(answer).toMatchObject({ id: ack.reply, to: ack.message });
    expect(answer?.content.length).toBeGreaterThan(0);
    expect(expectedText(4, 5_000).startsWith(answer?.content ?? "-")).toBe(true);
    expect(Math.abs((answer?.content.length ?? 0) - seen.text.length)).toBeLessThan(1_500);

    after.send({ type: "resume", id: "ended", reply: ack.reply, after: 0 });
    const { usage, ...done } = await after.frame("done", ({ reply }) => reply === ack.reply);
    expect(done).toMatchObject({ reason: "interrupted", model: "claude-haiku-5-5" });
    expect(usage).toMatchObject({ outputTokens: expect.any(Number), estimated: true });
    const booked = await fetch(`http://127.0.0.1:${second.port}/admin/api/tenants/acme/usage`, {
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
    });
    const tokens = usage.inputTokens + usage.outputTokens;
    expect((await booked.json()).total).toMatchObject({ messages: 1, tokens, wastedTokens: 0 });

    after.send({ type: "resume", id: "again", reply: waiting.reply, after: 0 });
    expect(await after.frame("done", ({ reply }) => reply === waiting.reply)).toMatchObject({
      reason: "interrupted",
    });
    const next = await after.ask("[[sim tokens=3 rate=1000]]");
    expect(await after.frame("done", ({ reply }) => reply === next.reply)).toMatchObject({ reason: "stop" });
    await after.close();
    expect(await second.end("SIGTERM")).toBe(0);
  });

  test("asked to stop, it is no longer ready, takes no sockets, lets replies finish, says goodbye and exits with 0", async () => {
    const gateway = await start({ DRAIN_SECONDS: "30" });
    const client = await connect(gateway.chatUrl);
    const ack = await client.ask("[[sim tokens=60 rate=60 seed=6 hold-after=20]]");
    await client.until(() => client.textOf(ack.reply).seq > 0, "the first token");
    const ended = gateway.end("SIGTERM");
    await client.frame("goaway");
    const ready = await fetch(`http://127.0.0.1:${gateway.port}/readyz`);
    expect(ready.status).toBe(503);
    expect((await fetch(`http://127.0.0.1:${gateway.port}/healthz`)).status).toBe(200);
    const refused = await refusedUpgrade(gateway.chatUrl, ["parlance.v1", `bearer.${signToken()}`]);
    expect(refused).toMatchObject({
      status: 503,
      headers: { "retry-after": expect.stringMatching(/^\d+$/) },
    });
    client.send({ type: "message", id: "too-late", content: "one more" });
    expect(await client.frame("error", ({ ref }) => ref === "too-late")).toMatchObject({
      code: "INTERNAL",
      retryAfter: 2,
    });
    upstream.goOn();
    expect(await client.frame("done", ({ reply }) => reply === ack.reply)).toMatchObject({ reason: "stop" });
    expect(client.textOf(ack.reply).text).toBe(expectedText(6, 60));
    expect(await client.closed).toBe(1012);
    expect(await ended).toBe(0);
  });

  test("asked to stop, one that leaves a timer behind says so in the end, and does not exit with 0", async () => {
    const timer = "isMainThread && setInterval(() => undefined, 60_000)";
    const left = encodeURIComponent(`import { isMainThread } from "node:worker_threads"; ${timer};`);
    const gateway = await start({ NODE_OPTIONS: `--import=data:text/javascript,${left}` });
    expect(await gateway.end("SIGTERM")).toBe(1);
    expect(JSON.parse(gateway.log.at(-1) ?? "{}")).toMatchObject({
      msg: "something goes on after the gateway has stopped",
      resources: expect.arrayContaining(["Timeout"]),
    });
  });

  test("its log holds ids and figures, and nothing of what was said, asked or signed", async () => {
    const gateway = await start({ LOG_LEVEL: "trace" });
    const token = signToken({ sub: "secret.person@example.com", name: "Secret Person" });
    const client = await connect(gateway.chatUrl, { token });
    for (const directive of [
      "tokens=5",
      "fail=500",
      "fail=401",
      "cut-after=2 tokens=9",
      "error-after=2 tokens=9",
    ]) {
      const ack = await client.ask(`my password is hunter2 [[sim ${directive}]]`);
      await client.frame("done", ({ reply }) => reply === ack.reply);
    }
    client.send("this is not JSON, and hunter2 is in it");
    await client.frame("error", ({ code }) => code === "INVALID_FRAME");
    await refusedUpgrade(`${gateway.chatUrl}?token=${token}`, ["parlance.v1"]);
    await client.close();
    expect(await gateway.end("SIGTERM")).toBe(0);
    const written = [...gateway.log, ...gateway.output].join("\n");
    expect(gateway.log.length).toBeGreaterThan(0);
    for (const secret of [
      "hunter2",
      "secret.person",
      "Secret Person",
      token.slice(-30),
      "test-key",
      ACME_SECRET,
      ACME_API_KEY,
    ]) {
      expect(written).not.toContain(secret);
    }
    const answers = client.frames.map((frame) => JSON.stringify(frame)).join("\n");
    for (const secret of ["test-key", ACME_SECRET]) expect(answers).not.toContain(secret);
  });

  test("a mistake in the environment stops the start with every problem in one error", async () => {
    await expect(
      startGatewayProcess({
        PORT: "http",
        DRAIN_SECONDS: "-1",
        NODE_ENV: "production",
        DATA_DIR: dataDirectory,
      }),
    ).rejects.toThrow(/PORT: [\s\S]*DRAIN_SECONDS: [\s\S]*PARLANCE_SECRET: [\s\S]*PARLANCE_ADMIN_KEY: /);
  });

  test("a value out of bounds is told what is possible", async () => {
    await expect(
      startGatewayProcess({ PORT: "70000", SIMULATOR_TOKENS_PER_SECOND: "0", LOG_LEVEL: "loud" }),
    ).rejects.toThrow(
      /PORT: must be a whole number from 0 to 65535[\s\S]*SIMULATOR_TOKENS_PER_SECOND: must be a whole number from 1 to 100000[\s\S]*LOG_LEVEL: must be one of trace, debug/,
    );
  });

  test("it says where it listens, whatever outsiders call it", async () => {
    const environment = { DATA_DIR: dataDirectory, PUBLIC_URL: "https://chat.example.com/" };
    const gateway = await startGatewayProcess(environment);
    expect(gateway.output).toContain("Demo page:     https://chat.example.com/demo");
    expect(await (await fetch(`http://localhost:${gateway.port}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await gateway.end("SIGTERM")).toBe(0);
  });

  test("a data directory that cannot be written stops the start, and is named", async () => {
    const file = join(dataDirectory, "a-file");
    await writeFile(file, "");
    for (const directory of [file, join(file, "below")]) {
      const secrets = { PARLANCE_SECRET: "s".repeat(32), PARLANCE_ADMIN_KEY: "k".repeat(32) };
      const started = [{ DATA_DIR: directory }, { DATA_DIR: directory, ...secrets }].map(startGatewayProcess);
      const said = `DATA_DIR: nothing can be written in ${directory}`;
      await Promise.all(started.map((starting) => expect(starting).rejects.toThrow(said)));
    }
  });
});
