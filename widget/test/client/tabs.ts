import { expect } from "@jest/globals";
import { FakeGateway } from "./fake-gateway.ts";
import type { FakeReply } from "./fake-reply.ts";
import { FakeBrowser, type FakeTab } from "./fake-tabs.ts";
import { makeClient, type Setup } from "./setup.ts";

/** A page in a tab of its own, with a client that would share its connection. */
export interface Tab extends Setup {
  readonly tab: FakeTab;
}

/** A browser in which a visitor has tabs, at a gateway in memory. */
export class Tabs {
  readonly browser = new FakeBrowser();
  readonly gateway = new FakeGateway();
  readonly all: Tab[] = [];

  constructor() {
    let draws = 0;
    // Ids are made of it, and tabs must not make the same ones.
    this.gateway.random = () => ((++draws * 7_919) % 10_007) / 10_007;
  }

  /** A tab that is not connected yet; `change` makes its browser another. */
  load(change: (tab: FakeTab) => void = () => undefined, shareConnection = true, siteKey = "pk_test"): Tab {
    const tab = this.browser.tab(this.gateway.environment);
    change(tab);
    const made = {
      ...makeClient({ environment: tab.environment, shareConnection, siteKey }, this.gateway),
      tab,
    };
    this.all.push(made);
    return made;
  }

  async connect({ client }: Tab): Promise<void> {
    await this.gateway.until(client.connect());
    await this.gateway.clock.advance(0);
  }

  /** Has it connect, whatever becomes of that. */
  start({ client }: Tab): void {
    client.connect().catch(() => undefined);
  }

  /** Three tabs of one visitor that are live and share. */
  async three(): Promise<[Tab, Tab, Tab]> {
    const made: [Tab, Tab, Tab] = [this.load(), this.load(), this.load()];
    for (const tab of made) await this.connect(tab);
    await this.gateway.clock.advance(3_000);
    return made;
  }

  get leader(): Tab {
    const [holder] = this.browser.holders.values();
    const found = this.all.find(({ tab }) => tab === holder?.tab);
    if (found === undefined) throw new Error("nobody leads");
    return found;
  }

  /** Two that do not lead. */
  get followers(): [Tab, Tab] {
    const [one, other] = this.all.filter((tab) => tab !== this.leader);
    if (one === undefined || other === undefined) throw new Error("there are no two that follow");
    return [one, other];
  }

  /** A reply under way, asked for by that tab, of which the model has written some. */
  async midReply(asker: Tab): Promise<FakeReply> {
    const { gateway } = this;
    gateway.isHeld = true;
    gateway.answer = () => Array.from({ length: 20 }, (_, index) => `word${index} `);
    asker.client.send("Tell me");
    await gateway.clock.advance(0);
    const reply = gateway.lastReply();
    gateway.stream(reply, 5);
    await gateway.clock.advance(0);
    return reply;
  }

  /** The reply comes to its end, and those tabs have its text. */
  async expectWhole(reply: FakeReply, tabs: readonly Tab[]): Promise<void> {
    this.gateway.finish(reply);
    await this.gateway.clock.advance(0);
    for (const { text } of tabs) expect(text(reply.id)).toBe(reply.chunks.join(""));
  }

  /** Ends all, of which nothing is left. */
  async end(): Promise<void> {
    for (const { client } of this.all) client.destroy();
    await this.gateway.clock.advance(0);
    expect(this.gateway.clock.pending).toBe(0);
    expect([this.browser.holders.size, this.browser.openChannels]).toEqual([0, []]);
  }
}

/** What is added to a list from now on. */
export function since<Item>(list: readonly Item[]): () => readonly Item[] {
  const from = list.length;
  return () => list.slice(from);
}

/** The types of frames. */
export const types = (frames: readonly { type: string }[]): string[] => frames.map(({ type }) => type);
