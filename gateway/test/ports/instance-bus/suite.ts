import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { InstanceBus } from "../../../src/ports/instance-bus.ts";
import { inbox } from "./inbox.ts";

/** Names that look alike to whoever joins them without care. */
const AWKWARD = ["a:b", "a%3Ab", "{a}b", "a", "A", "a b", "a*", "🙂", "\ud83d", "instance", ""];
const TEXTS = [
  "",
  " ",
  "plain",
  '{"t":"frame"}',
  "one\r\ntwo\u0000\n",
  "1 2 3",
  "👩‍👩‍👧",
  "é".repeat(33_000),
];

/**
 * What every bus must do.
 *
 * @param open makes a bus as another instance has one, on the same medium each time; the suite closes it
 */
export function instanceBusSuite(open: () => Promise<InstanceBus>): void {
  describe("a bus", () => {
    const opened: InstanceBus[] = [];
    let self: string;
    let here: InstanceBus;
    let there: InstanceBus;
    const another = async (): Promise<InstanceBus> => {
      const bus = await open();
      opened.push(bus);
      return bus;
    };
    beforeEach(async () => {
      self = randomUUID();
      here = await another();
      there = await another();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
    });

    test("brings a text as it was sent, from others and from oneself", async () => {
      const { heard, take, count } = inbox();
      await here.receive(self, take);
      for (const text of TEXTS) await there.send(self, text);
      await count(TEXTS.length);
      await here.send(self, "to myself");
      await count(TEXTS.length + 1);
      expect(heard).toEqual([...TEXTS, "to myself"]);
    });

    test("brings what each sends in the order sent, nothing twice", async () => {
      const { heard, take, count } = inbox();
      await here.receive(self, take);
      const senders = [there, await another(), await another()];
      const numbers = Array.from({ length: 500 }, (_, index) => index);
      await Promise.all(
        senders.flatMap((bus, sender) => numbers.map((number) => bus.send(self, `${sender} ${number}`))),
      );
      await count(senders.length * numbers.length);
      for (const sender of senders.keys()) {
        const mine = heard.filter((message) => message.startsWith(`${sender} `));
        expect(mine).toEqual(numbers.map((number) => `${sender} ${number}`));
      }
      expect(heard).toHaveLength(senders.length * numbers.length);
    });

    test("brings to each instance what was sent to it, whatever its name", async () => {
      const inboxes = new Map(AWKWARD.map((name) => [`${self}${name}`, inbox()]));
      for (const [instance, { take }] of inboxes) await here.receive(instance, take);
      for (const [index, instance] of [...inboxes.keys()].entries())
        await there.send(instance, `for ${index}`);
      for (const { count } of inboxes.values()) await count(1);
      expect([...inboxes.values()].map(({ heard }) => heard)).toEqual(
        AWKWARD.map((_, index) => [`for ${index}`]),
      );
    });

    test("misses nothing that is sent once it receives", async () => {
      for (let round = 0; round < 20; round++) {
        const instance = `${self}${round}`;
        const { heard, take, count } = inbox();
        await here.receive(instance, take);
        await there.send(instance, `${round}`);
        await count(1);
        expect(heard).toEqual([`${round}`]);
      }
    });

    test("hears nothing within its own call of sending", async () => {
      const { heard, take, count } = inbox();
      await here.receive(self, take);
      const sent = here.send(self, "text");
      expect(heard).toEqual([]);
      await sent;
      await count(1);
    });

    test("loses what is sent to nobody", async () => {
      await there.send(self, "early");
      const { heard, take, count } = inbox();
      await here.receive(self, take);
      await there.send(self, "in time");
      await count(1);
      expect(heard).toEqual(["in time"]);
    });

    test("receives for an instance once", async () => {
      const { heard, take, count } = inbox();
      await here.receive(self, take);
      await expect(here.receive(self, () => undefined)).rejects.toThrow("receives already");
      await there.send(self, "text");
      await count(1);
      expect(heard).toEqual(["text"]);
    });

    test("hears nothing once it is closed, and twice is once", async () => {
      const closed = inbox();
      await here.receive(self, closed.take);
      await Promise.all([here.close(), here.close()]);
      await there.send(self, "late");
      const next = inbox();
      await there.receive(self, next.take);
      await there.send(self, "for the next");
      await next.count(1);
      expect(next.heard).toEqual(["for the next"]);
      expect(closed.heard).toEqual([]);
    });

    test("that was never away is never back", async () => {
      const { take, count } = inbox();
      let back = 0;
      const stop = here.onBack(() => back++);
      await here.receive(self, take);
      await there.send(self, "text");
      await count(1);
      stop();
      expect(back).toBe(0);
    });
  });
}
