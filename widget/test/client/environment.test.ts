import { describe, expect, test } from "@jest/globals";
import { createEnvironment } from "../../src/client/environment.ts";
import { createClient } from "../../src/client/index.ts";

function show(state: DocumentVisibilityState): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

describe("the browser as the client sees it", () => {
  test("wakes when the network comes or goes or the page becomes visible, until it is let go", () => {
    let woken = 0;
    const remove = createEnvironment().onWake(() => woken++);
    window.dispatchEvent(new Event("online"));
    show("hidden");
    expect(woken).toBe(1);
    show("visible");
    window.dispatchEvent(new Event("offline"));
    expect(woken).toBe(3);
    remove();
    window.dispatchEvent(new Event("online"));
    window.dispatchEvent(new Event("offline"));
    show("visible");
    expect(woken).toBe(3);
  });

  test("leaves when the page is left, and wakes when it comes back", () => {
    const told: string[] = [];
    const environment = createEnvironment();
    const removals = [
      environment.onLeave(() => told.push("left")),
      environment.onWake(() => told.push("woken")),
    ];
    const pass = (): void => {
      for (const name of ["pagehide", "pageshow"]) window.dispatchEvent(new Event(name));
      document.dispatchEvent(new Event("freeze"));
    };
    pass();
    for (const remove of removals) remove();
    pass();
    expect(told).toEqual(["left", "woken", "left"]);
  });

  test("takes what is given in the place of its own", () => {
    const { storage, now, random } = createEnvironment({ storage: null, now: () => 17 });
    expect([storage, now()]).toEqual([null, 17]);
    expect(random()).toBeLessThan(1);
    expect(createEnvironment().storage).toBe(localStorage);
  });

  test("has nothing in common with other tabs where there are no locks, as here", () => {
    expect(createEnvironment().tabs).toBeNull();
  });

  test("works where the mere mention of storage throws", () => {
    const own = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
    Object.defineProperty(globalThis, "localStorage", {
      get: () => {
        throw new Error("SecurityError");
      },
      configurable: true,
    });
    expect(createEnvironment().storage).toBeNull();
    if (own !== undefined) Object.defineProperty(globalThis, "localStorage", own);
  });

  test("is left as it was by a client that was made, used and destroyed", () => {
    const before = localStorage.length;
    const balance = new Map<string, number>();
    const count = (target: EventTarget) => {
      const { addEventListener, removeEventListener } = target;
      const track = (by: number, original: typeof addEventListener): typeof addEventListener =>
        function tracked(this: EventTarget, type: string, ...rest: [never]) {
          balance.set(type, (balance.get(type) ?? 0) + by);
          original.call(target, type, ...rest);
        } as typeof addEventListener;
      target.addEventListener = track(1, addEventListener);
      target.removeEventListener = track(-1, removeEventListener);
      return () => Object.assign(target, { addEventListener, removeEventListener });
    };
    const restore = [count(window), count(document)];
    const client = createClient({ gateway: "https://gateway.test", siteKey: "pk", mayStore: () => false });
    client.send("never leaves");
    expect([...balance.values()]).toEqual([1, 1, 1, 1, 1, 1]);
    client.destroy();
    for (const undo of restore) undo();
    expect([...balance.values()]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(localStorage.length).toBe(before);
  });
});
