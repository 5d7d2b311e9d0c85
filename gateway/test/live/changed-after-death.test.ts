import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { GatewayProcess } from "./support/gateway-process.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken, type TestClient } from "./support/test-client.ts";

const CHANGES = ["edit", "regenerate", "clear", "cancel"] as const;
type Change = (typeof CHANGES)[number];

/** An answer that its instance left in the middle, and one that waited behind it. */
interface Left {
  readonly there: TestClient;
  readonly conversation: string;
  readonly message: string;
  readonly replies: readonly string[];
}

describe("what a user changes after the instance died that answered, and before another takes over", () => {
  let instances: Instances;
  let staying: GatewayProcess;
  const left = new Map<Change, Left>();
  const leftOf = (change: Change): Left => left.get(change) as Left;
  const seedOf = (change: Change): number => 700 + CHANGES.indexOf(change);
  const callsOf = (seed: number): number =>
    instances.upstream.requests.filter(({ directives }) => directives.seed === seed).length;

  beforeAll(async () => {
    instances = await prepareInstances();
    const dying = await instances.start();
    staying = await instances.start();
    const leave = async (change: Change): Promise<void> => {
      const token = signToken({ sub: change });
      const here = await connect(dying.chatUrl, { token });
      const there = await connect(staying.chatUrl, { token });
      const first = await here.ask(`[[sim tokens=900 rate=40 seed=${seedOf(change)}]]`);
      const waiting = await here.ask(`[[sim tokens=3 seed=${seedOf(change) + 100}]]`);
      await there.until(() => there.textOf(first.reply).seq >= 40, "forty chunks");
      const { conversation, message } = first;
      left.set(change, { there, conversation, message, replies: [first.reply, waiting.reply] });
    };
    await Promise.all(CHANGES.map(leave));
    await dying.end("SIGKILL");
    const { message } = leftOf("edit");
    leftOf("edit").there.send({ type: "edit", id: "edit", message, content: "[[sim tokens=3 seed=1]]" });
    leftOf("regenerate").there.send({
      type: "regenerate",
      id: "regenerate",
      message: leftOf("regenerate").message,
    });
    leftOf("clear").there.send({ type: "clear", id: "clear", conversation: leftOf("clear").conversation });
    leftOf("cancel").there.send({ type: "cancel", id: "cancel" });
  });
  afterAll(() => instances.stop());

  test.each(CHANGES)(
    "%s: what was answered and what waited ends as cancelled, and no model is asked",
    async (change) => {
      const { there, replies } = leftOf(change);
      for (const reply of replies) {
        const { reason } = await there.frame("done", (done) => done.reply === reply);
        expect(reason).toBe("cancelled");
      }
      expect(there.all("error")).toEqual([]);
      expect(there.all("done").map(({ reply }) => reply)).toEqual(expect.arrayContaining([...replies]));
      expect(callsOf(seedOf(change) + 100)).toBe(0);
      if (change === "edit" || change === "regenerate") {
        const { reply } = await there.frame("ack");
        await there.until(() => there.textOf(reply).seq > 0, "the new answer");
      } else {
        await there.frame("ok");
        const types = there.frames.map(({ type }) => type);
        // It need not wait for whoever takes over.
        if (change === "clear") expect(types.indexOf("cleared")).toBeLessThan(types.indexOf("done"));
      }
      expect(callsOf(seedOf(change))).toBe(change === "regenerate" ? 2 : 1);
    },
  );
});
