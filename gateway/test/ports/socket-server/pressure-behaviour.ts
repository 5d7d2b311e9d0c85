import { describe, expect, test } from "@jest/globals";
import type { Harness } from "./harness.ts";
import { eventually } from "./inbox.ts";

const frame = (number: number): string => `${number}:${"x".repeat(8_000)}`;

/** A client that reads slower than it is sent to. */
export function pressureBehaviour(harness: Harness): void {
  describe("backpressure", () => {
    test("a client that does not read makes the socket full, and drained once it reads; nothing is lost", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      const { socket, told } = owned;
      let sent = 0;
      let most = 0;
      for (let round = 0; round < 3; round += 1) {
        client.ws.pause();
        let result = socket.send(frame(sent));
        sent += 1;
        while (result === "sent") {
          // What the kernel takes is only known in a turn of its own.
          if (sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
          result = socket.send(frame(sent));
          sent += 1;
          most = Math.max(most, socket.buffered);
        }
        expect(result).toBe("full");
        expect(socket.buffered).toBeGreaterThan(32_768);
        expect(told.all.filter((event) => event === "drained")).toHaveLength(round);
        client.ws.resume();
        expect(await told.next()).toBe("drained");
        expect(socket.buffered).toBeLessThanOrEqual(8_192);
      }
      await eventually(() => client.texts.all.length === sent);
      expect(most).toBeLessThanOrEqual(65_536);
      expect(client.texts.all).toEqual(Array.from({ length: sent }, (_, number) => frame(number)));
      expect(told.all).toEqual(["drained", "drained", "drained"]);
    });

    test("an owner that goes on sending regardless is cut off at a bound", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.pause();
      let most = 0;
      for (let sent = 0; owned.socket.send(frame(sent)) !== "gone"; sent += 1) {
        if (sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
        most = Math.max(most, owned.socket.buffered);
      }
      expect(most).toBeGreaterThan(65_536);
      expect(most).toBeLessThanOrEqual(1_048_576 + 16_384);
      expect(await owned.told.next()).toEqual({ closed: 1006 });
    });

    test("a full socket can be closed, and its client still gets what was taken before the reason", async () => {
      const running = await harness.start();
      const { client, owned } = await harness.open(running);
      client.ws.pause();
      let sent = 0;
      while (owned.socket.send(frame(sent)) === "sent") {
        sent += 1;
        if (sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      sent += 1;
      owned.socket.close(1012, "restart");
      expect(await owned.told.next()).toEqual({ closed: 1012 });
      client.ws.resume();
      expect((await client.closed).code).toBe(1012);
      expect(client.texts.all).toHaveLength(sent);
    });
  });
}
