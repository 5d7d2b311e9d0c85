import { describe, expect, test } from "@jest/globals";
import { createChat, defineChatElement } from "../../src/index.ts";
import { until } from "../components/until.ts";

const hosts = (): number => document.querySelectorAll("aside").length;

describe("createChat", () => {
  test("puts a chat on the page, and takes it off", () => {
    const chat = createChat({
      gateway: "https://gateway.test/",
      siteKey: "pk_test",
      settings: { position: "left" },
    });
    expect(hosts()).toBe(1);
    expect(document.querySelector("aside")?.shadowRoot?.querySelector("button")?.dataset.side).toBe("left");
    chat.destroy();
    expect(hosts()).toBe(0);
  });
});

describe("<parlance-chat>", () => {
  test("has a chat on the page for as long as it is there", async () => {
    defineChatElement();
    defineChatElement();
    const element = document.createElement("parlance-chat");
    element.setAttribute("site-key", "pk_test");
    element.setAttribute("gateway", "https://gateway.test");
    document.body.append(element);
    expect(hosts()).toBe(1);
    document.body.prepend(element);
    await Promise.resolve();
    expect(hosts()).toBe(1);
    element.remove();
    await until(() => hosts() === 0);
  });

  test("without a site key or a gateway there is none", () => {
    defineChatElement();
    const element = document.createElement("parlance-chat");
    document.body.append(element);
    expect(hosts()).toBe(0);
    element.remove();
  });
});
