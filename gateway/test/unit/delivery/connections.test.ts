import { afterEach, describe, expect, test } from "@jest/globals";
import { Connections } from "../../../src/delivery/connections.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { LOOKALIKES, scopeOf } from "../../ports/support/scopes.ts";
import { newReader, newReply } from "./reading.ts";

/** Seconds after which users are given up here. */
const SOON = 0.02;

describe("who is connected", () => {
  const ADA = scopeOf("acme", "ada");
  let connections: Connections | null = null;
  afterEach(() => connections?.close());

  const start = () => {
    const abandoned: Scope[] = [];
    const left: Scope[] = [];
    const waiting = new Set<() => void>();
    const made = new Connections({
      left: (scope) => left.push(scope),
      abandoned: (scope) => {
        abandoned.push(scope);
        for (const check of waiting) check();
      },
    });
    connections = made;
    const untilAbandoned = (scope: Scope): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (abandoned.includes(scope)) resolve();
        };
        waiting.add(check);
        check();
      });
    return { connections: made, abandoned, left, untilAbandoned };
  };
  /** Longer than `SOON`: until another user, who went later, is given up. */
  const longEnough = async ({
    connections: all,
    untilAbandoned,
  }: ReturnType<typeof start>): Promise<void> => {
    const later = scopeOf("clock", "later");
    all.expect(later, SOON * 2);
    await untilAbandoned(later);
  };

  test("a user is given up once, after the last socket, and not where one is left or comes back", async () => {
    const started = start();
    const { connections: all, abandoned, left } = started;
    const [first, second] = [all.register(ADA), all.register(ADA)];
    all.unregister(first, SOON);
    expect([all.countOf(ADA), left]).toEqual([1, []]);
    all.unregister(second, SOON);
    all.unregister(second, SOON);
    expect([all.countOf(ADA), all.count, left]).toEqual([0, 0, [ADA]]);
    const back = all.register(ADA);
    all.live(back, newReader().outbox, 0);
    await longEnough(started);
    expect(abandoned).toEqual([scopeOf("clock", "later")]);
    all.unregister(back, SOON);
    await started.untilAbandoned(ADA);
    expect(abandoned).toHaveLength(2);
  });

  test("one whose new connection never became ready is awaited as before", async () => {
    const { connections: all, abandoned, untilAbandoned } = start();
    all.unregister(all.register(ADA), SOON);
    all.unregister(all.register(ADA), null);
    await untilAbandoned(ADA);
    expect(abandoned).toEqual([ADA]);
  });

  test("what begins to run for a user who has gone already is awaited too", async () => {
    const { connections: all, abandoned, untilAbandoned } = start();
    all.unregister(all.register(ADA), null);
    all.expect(ADA, SOON);
    all.expect(ADA, SOON);
    await untilAbandoned(ADA);
    expect(abandoned).toEqual([ADA]);
  });

  test("a reply reaches every ready socket of its user, once, and nobody else's", () => {
    const { connections: all } = start();
    const sockets = [ADA, ADA, scopeOf("acme", "bob"), scopeOf("globex", "ada")].map((scope) => {
      const reader = newReader();
      const connection = all.register(scope);
      all.live(connection, reader.outbox, 0);
      return { ...reader, connection };
    });
    all.register(ADA);
    const reply = newReply();
    sockets[0]?.outbox.attach(reply, { after: 0, snapshot: false });
    all.attachAll(reply);
    reply.start();
    reply.append("x");
    expect(sockets.map(({ socket }) => socket.texts.length)).toEqual([2, 2, 0, 0]);
    const [, second] = sockets;
    if (second !== undefined) all.unregister(second.connection, null);
    reply.append("y");
    expect(sockets.map(({ socket }) => socket.texts.length)).toEqual([3, 2, 0, 0]);
    all.broadcast(ADA, { type: "pong" }, sockets[0]?.outbox);
    expect(sockets.map(({ socket }) => socket.texts.length)).toEqual([3, 2, 0, 0]);
  });

  test.each(LOOKALIKES)("users that look alike are two: %j and %j", (left, right) => {
    const { connections: all } = start();
    all.register(left);
    all.touch(left);
    expect([all.countOf(left), all.countOf(right)]).toEqual([1, 0]);
    expect([all.revision(left), all.revision(right)]).toEqual([1, 0]);
  });
});
