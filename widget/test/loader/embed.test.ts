import { afterEach, describe, expect, test } from "@jest/globals";
import { visitorStorageKey } from "../../src/client/storage-keys.ts";
import { embed, type RunCommand } from "../../src/embed.ts";
import type { PanelModule, Stage } from "../../src/stage.ts";
import { until } from "../components/until.ts";

const GATEWAY = "https://gateway.test";

interface Page {
  readonly run: RunCommand;
  /** What the panel was told, in order. */
  readonly commands: string[];
  readonly stages: Stage[];
  readonly ends: string[];
  loads: number;
}

const pages: Page[] = [];

/** Embeds a chat whose panel writes down what it is told. `load` may fail first. */
function makePage(failures = 0): Page {
  const module: PanelModule = {
    mount(stage) {
      page.stages.push(stage);
      return {
        run: (command, argument) =>
          page.commands.push(argument === undefined ? command : `${command} ${argument}`),
        destroy: () => page.ends.push("panel"),
      };
    },
  };
  const page: Page = {
    commands: [],
    stages: [],
    ends: [],
    loads: 0,
    run: embed(
      {
        gateway: GATEWAY,
        siteKey: "pk_test",
        settings: { accent: "#204080" },
        load: (attempt) => {
          page.loads++;
          return attempt < failures ? Promise.reject(new Error("no network")) : Promise.resolve(module);
        },
      },
      () => page.ends.push("ended"),
    ),
  };
  pages.push(page);
  return page;
}

const host = (): HTMLElement | null => document.querySelector("aside");
const launcher = (): HTMLButtonElement => host()?.shadowRoot?.querySelector("button") as HTMLButtonElement;

afterEach(() => {
  for (const { run } of pages.splice(0)) run("destroy");
  localStorage.clear();
});

describe("before anything is asked of it", () => {
  test("there is a launcher in the page's colour, and no panel", () => {
    const page = makePage();
    expect(launcher().ariaLabel).toBe("Open chat");
    expect(launcher().style.getPropertyValue("--accent")).toBe("#204080");
    expect([page.loads, localStorage.length, document.cookie]).toEqual([0, 0, ""]);
    expect(page.stages).toEqual([]);
  });

  test("nothing may be stored until the visitor opens or sends, or the page consents", async () => {
    for (const command of ["open", "send", "toggle"] as const) {
      const page = makePage();
      launcher().dispatchEvent(new Event("pointerenter"));
      const stage = await until(() => page.stages[0]);
      expect(stage.mayStore()).toBe(false);
      page.run(command, "hello");
      expect(stage.mayStore()).toBe(true);
      page.run("destroy");
    }
    const page = makePage();
    page.run("consent");
    launcher().dispatchEvent(new Event("pointerenter"));
    expect((await until(() => page.stages[0])).mayStore()).toBe(true);
    expect(page.commands).toEqual([]);
  });
});

describe("commands", () => {
  test("wait for the panel, in their order", async () => {
    const page = makePage();
    page.run("identify", "jwt");
    page.run("set", { position: "left" });
    expect(page.loads).toBe(0);
    page.run("open");
    page.run("send", "hello");
    await until(() => page.commands.length > 0);
    expect(page.commands).toEqual(["identify jwt", "set [object Object]", "open", "send hello"]);
    expect([page.loads, page.stages.length]).toEqual([1, 1]);
    expect(page.stages[0]?.settings()).toEqual({ accent: "#204080", position: "left" });
    page.run("close");
    expect(page.commands.at(-1)).toBe("close");
  });

  test("two clicks while it loads open it once, and do not close it", async () => {
    const page = makePage();
    launcher().click();
    launcher().click();
    expect(launcher().ariaBusy).toBe("true");
    await until(() => page.commands.length === 2);
    expect(page.commands).toEqual(["open", "open"]);
    await until(() => launcher().ariaBusy === null);
    launcher().click();
    expect(page.commands.at(-1)).toBe("toggle");
  });

  test("a panel that does not come is told, and tried anew at the next wish", async () => {
    const page = makePage(1);
    const errors: unknown[] = [];
    page.run("on", "error", (error: unknown) => errors.push(error));
    page.run("open");
    await until(() => errors.length > 0);
    expect(errors).toEqual([{ code: "INTERNAL", message: "Error: no network" }]);
    page.run("open");
    await until(() => page.commands.length > 0);
    expect([page.loads, page.commands]).toEqual([2, ["open"]]);
  });

  test("listeners hear until they are taken away; ready is told to latecomers", async () => {
    const page = makePage();
    const heard: string[] = [];
    const listener = (): unknown => heard.push("open");
    page.run("on", "ready", () => heard.push("ready"));
    page.run("on", "open", listener);
    await until(() => heard.length === 1);
    page.run("open");
    const stage = await until(() => page.stages[0]);
    stage.tell("open", undefined);
    await until(() => heard.length === 2);
    page.run("off", "open", listener);
    stage.tell("open", undefined);
    stage.tell("close", undefined);
    await Promise.resolve();
    expect(heard).toEqual(["ready", "open"]);
  });
});

describe("a visitor who was here before", () => {
  test("is connected when the page is idle, without being shown anything", async () => {
    localStorage.setItem(visitorStorageKey(GATEWAY, "pk_test"), "{}");
    const page = makePage();
    await until(() => page.commands.length > 0);
    expect(page.commands).toEqual(["wake"]);
  });

  test("is forgotten by logout even where the panel was never loaded", async () => {
    const page = makePage();
    page.run("logout");
    expect(page.loads).toBe(0);
    localStorage.setItem(visitorStorageKey(GATEWAY, "pk_test"), "{}");
    page.run("logout");
    await until(() => page.commands.length > 0);
    expect(page.commands).toEqual(["logout", "logout"]);
  });
});

describe("the page", () => {
  test("may swap or empty its body: the chat comes back, the same as before", async () => {
    makePage();
    const before = host();
    const body = document.createElement("body");
    document.body.replaceWith(body);
    await until(() => before?.parentNode === body);
    body.replaceChildren();
    await until(() => before?.parentNode === body);
    expect(document.querySelectorAll("aside").length).toBe(1);
  });

  test("is as it was after destroy", async () => {
    const before = document.documentElement.outerHTML;
    const page = makePage();
    page.run("open");
    await until(() => page.commands.length > 0);
    const button = launcher();
    page.run("destroy");
    expect(page.ends).toEqual(["panel", "ended"]);
    expect(document.documentElement.outerHTML).toBe(before);
    button.click();
    page.run("open");
    document.body.replaceChildren();
    await new Promise((resolve) => setTimeout(resolve));
    expect([page.commands, host()]).toEqual([["open"], null]);
  });

  test("a panel that arrives after destroy is not mounted", async () => {
    const page = makePage();
    page.run("open");
    page.run("destroy");
    await new Promise((resolve) => setTimeout(resolve));
    expect([page.loads, page.stages.length]).toEqual([1, 0]);
  });
});
