import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type AdminGateway, OPERATOR_KEY, startAdminGateway } from "./support/admin-client.ts";
import { COMPILED } from "./support/gateway-process.ts";
import { connect } from "./support/test-client.ts";

const PARLANCE = join(import.meta.dirname, "../../bin/parlance.mjs");
const PAGE = "https://shop.example";

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe("the parlance command", () => {
  let gateway: AdminGateway;
  let url: string;
  beforeAll(async () => {
    gateway = await startAdminGateway({ socketServer: "ws" });
    url = `http://127.0.0.1:${gateway.gateway.port}`;
  });
  afterAll(() => gateway.stop());

  const parlance = async (
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<Ran> => {
    const child = spawn(process.execPath, [PARLANCE, ...args], {
      cwd: tmpdir(),
      env: {
        PATH: process.env.PATH ?? "",
        NODE_COMPILE_CACHE: COMPILED,
        PARLANCE_URL: url,
        PARLANCE_ADMIN_KEY: OPERATOR_KEY,
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ran = { out: "", err: "" };
    child.stdout.on("data", (data) => {
      ran.out += String(data);
    });
    child.stderr.on("data", (data) => {
      ran.err += String(data);
    });
    const [code] = (await once(child, "close")) as [number | null];
    return { code, ...ran };
  };
  // biome-ignore lint/suspicious/noExplicitAny: each command's answer is its own
  const answer = async (args: readonly string[], environment?: Record<string, string>): Promise<any> => {
    const ran = await parlance([...args, "--json"], environment);
    expect(ran).toMatchObject({ code: 0, err: "" });
    return JSON.parse(ran.out);
  };
  const session = (siteKey: string): Promise<Response> =>
    fetch(`${url}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: PAGE },
      body: JSON.stringify({ siteKey }),
    });

  test("takes a tenant from nothing to a chat, its key's rotation, its usage and a visitor's erasure", async () => {
    const prompt = join(tmpdir(), `parlance-prompt-${process.pid}.md`);
    await writeFile(prompt, "You sell tents.\nBe brief.");
    const made = await parlance([
      "tenant",
      "create",
      "tents",
      "--name",
      "Tents & Co",
      "--tier",
      "enterprise",
    ]);
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^name +Tents & Co$/m);
    expect(made.out).toMatch(/^limits\.concurrentStreams +10$/m);
    const admin = await answer(["api-key", "create", "tents", "--name", "Ann", "--kind", "ak"]);
    const ann = { PARLANCE_ADMIN_KEY: admin.key };
    const changed = await answer(
      [
        "tenant",
        "update",
        "tents",
        "--prompt-file",
        prompt,
        "--set",
        "cache.exact=false",
        "--set",
        "look.title=Hi",
      ],
      ann,
    );
    await rm(prompt);
    expect(changed).toMatchObject({
      systemPrompt: "You sell tents.\nBe brief.",
      cache: { exact: false, ttlSeconds: 3_600 },
      look: { title: "Hi" },
    });

    const siteKey = await answer(["site-key", "create", "tents", "--origin", PAGE, "--name", "Shop"], ann);
    const visitor = (await (await session(siteKey.key)).json()) as { token: string; user: { id: string } };
    const client = await connect(gateway.chatUrl, { token: visitor.token, origin: PAGE });
    await client.ask("[[sim tokens=4]] Which tent?");
    await client.frame("done");

    const rotated = await answer(["site-key", "rotate", "tents", siteKey.id, "--grace", "600"], ann);
    expect(rotated.key).not.toBe(siteKey.key);
    expect((await session(siteKey.key)).status).toBe(201);
    await client.ask("[[sim tokens=4]] And which mat?");
    await client.until(() => client.all("done").length === 2, "the second answer");

    const usage = await parlance(["usage", "tents"], ann);
    expect(usage.out).toMatch(/^DAY +MODEL +MESSAGES/);
    expect(usage.out).toMatch(/^total +- +2 /m);
    const [conversation] = (await answer(["conversations", "tents"], ann)).conversations;
    expect(conversation).toMatchObject({ user: visitor.user.id });
    const read = await parlance(["conversation", "tents", conversation.id], ann);
    expect(read.out).toContain("Which tent?");

    const refused = await parlance(["user", "erase", "tents", visitor.user.id], ann);
    expect(refused).toMatchObject({ code: 2, out: "" });
    const exported = await answer(["user", "export", "tents", visitor.user.id], ann);
    expect(JSON.stringify(exported)).toContain("Which tent?");
    expect((await parlance(["user", "erase", "tents", visitor.user.id, "--yes"], ann)).code).toBe(0);
    expect(await client.closed).toBe(4403);
    expect((await answer(["conversations", "tents"], ann)).conversations).toEqual([]);

    expect((await parlance(["site-key", "revoke", "tents", siteKey.id], ann)).out).toContain("revoked");
    expect((await session(rotated.key)).status).toBe(401);
    const audit = await parlance(["audit", "tents"], ann);
    expect(audit.out).toMatch(/Ann +site-key\.rotate/);
    expect((await parlance(["tenant", "delete", "tents", "--yes"])).code).toBe(0);
    expect((await parlance(["tenant", "show", "tents"])).code).toBe(1);
  }, 60_000);

  test("shows lists in columns, and says where they go on", async () => {
    const all = await parlance(["tenant", "list"]);
    const lines = all.out.trimEnd().split("\n");
    const column = lines[0]?.indexOf("TIER") ?? -1;
    for (const line of lines.slice(1)) expect(line.slice(column - 2, column + 1)).toMatch(/^ {2}\S$/);
    const page = await parlance(["tenant", "list", "--limit", "1"]);
    const next = /^more: --after (\S+)\n$/.exec(page.err)?.[1] ?? "";
    const rest = await parlance(["tenant", "list", "--after", next]);
    expect(page.out.trimEnd().split("\n").length - 1 + rest.out.trimEnd().split("\n").length - 1).toBe(
      lines.length - 1,
    );
  });

  test("keeps what others wrote from moving the terminal's cursor", async () => {
    await gateway.operator("PATCH", "/tenants/acme", { body: { name: "Acme\u001b[2J\r\nFake  line" } });
    const { out } = await parlance(["tenant", "list"]);
    expect(out).not.toContain("\u001b");
    expect(out).not.toMatch(/^Fake/m);
  });

  test.each([
    ["nothing at all", []],
    ["an unknown command", ["tenants"]],
    ["half a command", ["site-key"]],
    ["a missing argument", ["tenant", "show"]],
    ["one too many", ["tenant", "show", "a", "b"]],
    ["an unknown option", ["tenant", "list", "--colour"]],
    ["a number that is none", ["site-key", "rotate", "acme", "x", "--grace", "soon"]],
    ["a setting without a value", ["tenant", "update", "acme", "--set", "name"]],
    ["no change", ["tenant", "update", "acme"]],
    ["a file that is not there", ["tenant", "update", "acme", "--prompt-file", "/nowhere"]],
    ["what cannot be undone, without --yes", ["tenant", "delete", "acme"]],
  ])("ends with 2 for %s", async (_, args) => {
    expect((await parlance(args)).code).toBe(2);
  });

  test("ends with 2 where there is no key, and with 1 where the API refuses or is not there", async () => {
    const list = ["tenant", "list"];
    expect(await parlance(list, { PARLANCE_ADMIN_KEY: "" })).toMatchObject({ code: 2, out: "" });
    const wrong = await parlance(list, { PARLANCE_ADMIN_KEY: "ak_wrong_0123456789abcdefghijkl" });
    expect(wrong).toMatchObject({ code: 1, out: "" });
    expect(wrong.err).toBe("parlance: the key is not known (UNAUTHORIZED)\n");
    const away = await parlance(list, { PARLANCE_URL: "http://127.0.0.1:9" });
    expect(away.code).toBe(1);
    expect(away.err).toContain("PARLANCE_URL");
    const stale = await parlance(["tenant", "update", "globex", "--name", "x", "--if-revision", "99"]);
    expect(stale).toMatchObject({ code: 1 });
    expect(stale.err).toContain("PRECONDITION_FAILED");
  });

  test("explains itself and each command", async () => {
    const { code, out } = await parlance(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("site-key rotate <tenant> <site-key>");
    const one = await parlance(["api-key", "create", "--help"]);
    expect(one.out).toContain("--role ROLE");
  });
});
