import { afterEach, describe, expect, test } from "@jest/globals";
import { type Tab, Tabs } from "./tabs.ts";

let tabs = new Tabs();

afterEach(async () => {
  await tabs.end();
  tabs = new Tabs();
});

const live = (among: readonly Tab[]): string[] => among.map(({ client }) => client.connection.status);

describe("somebody who signs out in one tab", () => {
  const stored = (): string | undefined =>
    [...tabs.gateway.storage.items].find(([key]) => key.endsWith("|visitor"))?.[1];

  /** Who comes without a visitor's token is somebody new. */
  function welcomeStrangers(): void {
    tabs.gateway.onSession = ({ visitorToken, userToken }) =>
      visitorToken === undefined && userToken === undefined
        ? tabs.gateway.mint({ id: "anon_2", anonymous: true })
        : null;
  }

  test("is not brought back to storage by what the others send and renew", async () => {
    const [first, second, third] = await tabs.three();
    third.client.logout();
    second.client.send("Hello");
    await tabs.gateway.clock.advance(900_000);
    expect(live([first, second])).toEqual(["live", "live"]);
    expect(stored()).toBeUndefined();
  });

  test("is somebody new there, and what the others send does not put the former visitor in their place", async () => {
    const [first, second, third] = await tabs.three();
    third.client.logout();
    welcomeStrangers();
    await tabs.connect(third);
    expect(stored()).toContain("anon_2");
    for (const { client } of [first, second]) client.send("Hello");
    await tabs.gateway.clock.advance(60_000);
    expect(stored()).toContain("anon_2");
    expect(tabs.gateway.openSockets).toHaveLength(2);
  });

  test("has the others follow when their tokens end, with no frame on a socket of the wrong user", async () => {
    const made = await tabs.three();
    const [, , third] = made;
    third.client.logout();
    welcomeStrangers();
    await tabs.connect(third);
    const { mint } = tabs.gateway;
    // From here on, tokens are for whom storage names.
    tabs.gateway.onSession = () => mint.call(tabs.gateway, { id: "anon_2", anonymous: true });
    await tabs.gateway.clock.advance(900_000);
    expect(live(made)).toEqual(["live", "live", "live"]);
    expect(tabs.gateway.openSockets).toHaveLength(1);
    for (const { frames } of made)
      expect(frames.findLast(({ type }) => type === "ready")).toMatchObject({ user: { id: "anon_2" } });
    for (const socket of tabs.gateway.sockets) {
      const user = tabs.gateway.users.get(socket.token ?? "")?.id;
      for (const { token } of socket.sent("auth")) expect(tabs.gateway.users.get(token)?.id).toBe(user);
    }
  });
});

test("a visitor who was revoked makes room in storage for the one who comes after", async () => {
  const made = await tabs.three();
  const [{ client }] = made;
  tabs.gateway.onSession = ({ visitorToken }) =>
    String(visitorToken).startsWith("new")
      ? null
      : visitorToken === undefined
        ? { ...tabs.gateway.mint({ id: "anon_2", anonymous: true }) }
        : { status: 401, body: { error: { code: "UNAUTHORIZED", message: "revoked" } } };
  tabs.gateway.socket.drop(4401);
  await tabs.gateway.clock.advance(3_000);
  expect(client.connection.status).toBe("live");
  expect([...tabs.gateway.storage.items.values()].join()).toContain("anon_2");
});

test("a question of two sites on one page's origin stays on its site", async () => {
  const one = tabs.load();
  const other = tabs.load(undefined, true, "pk_other");
  for (const tab of [one, other]) await tabs.connect(tab);
  await tabs.gateway.clock.advance(3_000);
  expect(tabs.gateway.openSockets).toHaveLength(2);
  expect(tabs.browser.holders.size).toBe(2);
  tabs.gateway.isOffline = true;
  for (const socket of tabs.gateway.openSockets) socket.drop();
  one.client.send("Hello");
  expect([one, other].map(({ client }) => client.outbox.length)).toEqual([1, 0]);
  tabs.gateway.isOffline = false;
  await tabs.gateway.clock.advance(40_000);
});
