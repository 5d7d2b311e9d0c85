import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { measure } from "../../../../gateway/test/ports/support/lived-clock.ts";
import { expectedText } from "../../../../scripts/upstream-simulator/index.ts";
import type { BrowserName } from "./driven-browser.ts";
import { type DrivenChat, until } from "./driven-chat.ts";
import { SharedTabs } from "./shared-tabs.ts";

/** What tabs that share a socket must hold in any browser: the same for each. */
export function describeSharedSocket(name: BrowserName): void {
  describe(`three tabs of one visitor in ${name}`, () => {
    let stage: SharedTabs;

    beforeAll(async () => {
      stage = await SharedTabs.start(name);
    });
    afterEach(() => stage.end());
    afterAll(() => stage.stop());

    test("have one socket; what is asked in any grows in all, and is stopped in any for all", async () => {
      const [first, second, third] = await stage.three();
      await stage.midAnswer(first);
      expect(stage.network.chats()).toBe(1);
      await stage.expectWhole();
      await second.ask("At length [[sim tokens=3000 rate=60 seed=2]]");
      for (const tab of stage.tabs) await tab.grown(3, 60);
      expect(await third.get("click", "Stop answering")).toBe(true);
      const texts = await Promise.all(stage.tabs.map((tab) => tab.ended(3)));
      expect(new Set(texts).size).toBe(1);
      expect(expectedText(2, 3_000).startsWith(texts[0] ?? "-")).toBe(true);
      expect(stage.network.chats()).toBe(1);
    });

    test("go on where the one that leads is closed in the middle of an answer", async () => {
      const [first] = await stage.three();
      await stage.midAnswer(first);
      const leader = await stage.leaderAmong();
      await leader.page.close();
      await stage.expectWhole(stage.tabs.filter((tab) => tab !== leader));
    });

    test("go on where the one that leads is loaded anew in the middle of an answer, and so does that one", async () => {
      const [first] = await stage.three();
      await stage.midAnswer(first);
      const leader = await stage.leaderAmong();
      await leader.page.reload();
      await leader.open();
      await stage.expectWhole();
    });

    test("go on where the one that leads goes to another page, and has it all when it comes back", async () => {
      const [first] = await stage.three();
      await stage.midAnswer(first);
      const leader = await stage.leaderAmong();
      const others = stage.tabs.filter((tab) => tab !== leader);
      await leader.goTo(stage.site.pages.put({}));
      await stage.leaderAmong(others);
      await leader.goBack();
      await leader.open();
      await stage.expectWhole();
    });

    test("see what one that follows has answered again, edits and clears", async () => {
      await stage.three();
      const leader = await stage.leaderAmong();
      const follower = stage.tabs.find((tab) => tab !== leader) as DrivenChat;
      const before = stage.asked(1);
      expect(await follower.get("click", "Answer again")).toBe(true);
      await until("it was asked again", () => stage.asked(1) === before + 1);
      for (const tab of stage.tabs) expect(await tab.ended(1)).toBe(expectedText(1, 20));
      expect(await follower.get("click", "Edit message")).toBe(true);
      await until("it is being edited", async () => (await follower.get("draft")).startsWith("To begin"));
      expect(await follower.get("write", "Better [[sim tokens=30 seed=4]]")).toBe(true);
      await until("it is asked", () => follower.get("click", "Save and ask again"));
      for (const tab of stage.tabs) {
        await until("the edit is there", async () => (await tab.get("panelText")).includes("Better"));
        expect(await tab.ended(1)).toBe(expectedText(4, 30));
        expect([await tab.get("count", "You"), await tab.get("count", "Assistant")]).toEqual([1, 1]);
      }
      for (const name of ["More options", "Clear this conversation", "Clear"])
        await until(name, () => follower.get("click", name));
      for (const tab of stage.tabs)
        await until("nothing is left", async () => (await tab.get("count", "You")) === 0);
      await stage.oneSocket();
    });

    test("leave nothing behind that is theirs, but the visitor's token", async () => {
      const [first] = await stage.three();
      await first.ask("A secret [[sim tokens=20 seed=5]]");
      for (const tab of stage.tabs) await tab.ended(2);
      for (const tab of stage.tabs) await tab.command("destroy");
      await until("no socket is open", () => stage.network.chats() === 0);
      for (const tab of stage.tabs) {
        const left = await tab.get("kept");
        expect(left.keys).toEqual([expect.stringMatching(/^parlance\|.*\|visitor$/)]);
        expect(left.values).not.toMatch(/secret|To begin/);
        expect(left.locks).toEqual([]);
      }
    });

    test("take the lead from one that does nothing any more, and one of them has it when it does again", async () => {
      await stage.three();
      const leader = await stage.leaderAmong();
      const others = stage.tabs.filter((tab) => tab !== leader);
      await leader.get("block", 8_000);
      const asker = others[0] as DrivenChat;
      const took = measure();
      await stage.askAtLength(asker);
      for (const tab of others) await tab.grown(2, 20);
      await stage.leaderAmong(others);
      // So it was while the other could do nothing.
      expect(took()).toBeLessThan(8_000);
      await stage.expectWhole();
      await stage.leaderAmong();
    });

    test("give the lead to the one that is looked at", async () => {
      const [first, second, third] = await stage.three();
      await stage.midAnswer(second);
      for (const seen of [first, third, second]) {
        await seen.page.bringToFront();
        await until("the tab that is looked at leads", () => seen.get("leads"), stage.state);
        await stage.oneSocket();
      }
      await stage.expectWhole();
    });

    test("come back together where the way to the gateway breaks", async () => {
      const [first] = await stage.three();
      await stage.midAnswer(first);
      stage.network.breakOff();
      for (const tab of stage.tabs)
        await until("it says so", async () => (await tab.get("panelText")).includes("Reconnecting"));
      stage.network.restore();
      await stage.expectWhole();
      for (const tab of stage.tabs) await tab.online();
    });

    test("go on where one of them signs out, which has nothing of the others any more", async () => {
      const [first, second, third] = await stage.three();
      await stage.midAnswer(first);
      await third.command("logout");
      await third.online();
      await until("nothing is left of it", async () => (await third.get("count", "You")) === 0);
      stage.goOn();
      for (const tab of [first, second]) expect(await tab.ended(2)).toBe(stage.wholeText);
      await until("it has a socket of its own", () => stage.network.chats() === 2);
      await third.ask("Somebody else [[sim tokens=10 seed=3]]");
      expect(await third.ended(1)).toBe(expectedText(3, 10));
      expect([await first.get("count", "You"), await second.get("count", "You")]).toEqual([2, 2]);
    });
  });
}
