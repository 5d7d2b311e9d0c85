import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ArchivedMessage } from "../../../src/ports/archive.ts";
import type { LayerBounds, MessageLayer } from "../../../src/ports/message-layer.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { awkwardScope, freshScope, LOOKALIKES, scopeOf } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";
import { answer, question, turns } from "./messages.ts";
import { layerCommands, ModelLayer } from "./model.ts";

const UNKNOWN = { messages: null, complete: false };
const CONVERSATION = "{c}:recent/../% 🙂";

/**
 * What every layer of history must do.
 *
 * @param open makes a layer within the bounds, which may hold other users' conversations already; `pass` lets
 * milliseconds pass
 */
export function messageLayerSuite(
  open: (bounds: LayerBounds) => Promise<{
    layer: MessageLayer;
    pass(milliseconds: number): void | Promise<void>;
  }>,
): void {
  describe.each(["recent", "session"] as const)("the layer `%s`", (name) => {
    const bounds: LayerBounds = { name, messages: 6, seconds: 60 };
    let layer: MessageLayer;
    let pass: (milliseconds: number) => void | Promise<void>;
    let scope: Scope;
    beforeEach(async () => {
      ({ layer, pass } = await open(bounds));
      scope = freshScope(scopeOf("{tenant}:", "user #|"));
    });

    const read = (conversation = CONVERSATION, of = scope) => layer.read(of, conversation);
    const add = (message: ArchivedMessage) => layer.add(scope, CONVERSATION, message);
    const fill = async (messages: ArchivedMessage[], complete: boolean, of = scope): Promise<void> => {
      const { revision } = await read(CONVERSATION, of);
      await layer.refill(of, CONVERSATION, { messages, complete, revision });
    };

    test("an erased user's conversations are gone, and a refill that began before brings none back", async () => {
      const other = freshScope(scope);
      await fill(turns(1, 2), true);
      await fill(turns(1, 1), true, other);
      const { revision } = await read("late");
      expect(await layer.eraseUser(scope, [CONVERSATION, "late", "never heard of"])).toBeGreaterThanOrEqual(
        1,
      );
      await layer.refill(scope, "late", { messages: turns(1, 1), complete: true, revision });
      await add(question(3));
      expect(await read("late")).toMatchObject(UNKNOWN);
      expect(await read()).toMatchObject(UNKNOWN);
      expect(await read(CONVERSATION, other)).toMatchObject({ messages: turns(1, 1) });
      expect(await layer.eraseUser(scope, [])).toBe(0);
    });

    test("knows nothing of a conversation until it is told, and then all of it, to the letter", async () => {
      expect(await read()).toMatchObject(UNKNOWN);
      await fill(turns(1, 2), true);
      expect(await read()).toMatchObject({ messages: turns(1, 2), complete: true });
      await fill([], true);
      expect(await read()).toMatchObject({ messages: [], complete: true });
    });

    test("holds the latest messages of a long conversation, and says that they are not all", async () => {
      await fill(turns(1, 5), true);
      expect(await read()).toMatchObject({ messages: turns(3, 5), complete: false });
      await fill(turns(4, 5), false);
      expect(await read()).toMatchObject({ messages: turns(4, 5), complete: false });
    });

    test("none of the messages, where there are some, is nothing known", async () => {
      await fill([], false);
      expect(await read()).toMatchObject(UNKNOWN);
    });

    test("adds in the order of places, each answer after its question, whatever came first", async () => {
      await fill(turns(1, 1), true);
      for (const message of [question(3), question(2), answer(3), answer(2)]) await add(message);
      expect(await read()).toMatchObject({ messages: turns(1, 3), complete: true });
      await add(question(4));
      expect(await read()).toMatchObject({
        messages: [...turns(1, 3).slice(1), question(4)],
        complete: false,
      });
    });

    test("holds an id once, as it was put last", async () => {
      await fill(turns(1, 3), true);
      for (const rating of ["down", "up"] as const) await add(answer(2, { rating }));
      await add(question(3, { content: "" }));
      expect((await read()).messages).toEqual([
        ...turns(1, 1),
        question(2),
        answer(2, { rating: "up" }),
        question(3, { content: "" }),
        answer(3),
      ]);
    });

    test("leaves out what would make a gap", async () => {
      await fill(turns(3, 4), false);
      await add(answer(1, { rating: "up" }));
      expect(await read()).toMatchObject({ messages: turns(3, 4), complete: false });
      await add(question(3, { content: "changed" }));
      expect((await read()).messages?.[0]?.content).toBe("changed");
    });

    test("adds nothing to what it does not know", async () => {
      await add(question(1));
      expect(await read()).toMatchObject(UNKNOWN);
    });

    test("reading and refilling leave the revision, adding and dropping change it, known or not", async () => {
      const seen = new Set<number>();
      const differs = async (): Promise<void> => {
        const { revision } = await read();
        expect((await read()).revision).toBe(revision);
        expect(seen).not.toContain(revision);
        seen.add(revision);
      };
      await differs();
      await add(question(1));
      await differs();
      await layer.drop(scope, CONVERSATION);
      await differs();
      const { revision } = await read();
      await layer.refill(scope, CONVERSATION, { messages: turns(1, 1), complete: true, revision });
      expect((await read()).revision).toBe(revision);
      await add(question(2));
      await differs();
      await layer.drop(scope, CONVERSATION);
      await differs();
    });

    test.each([
      { between: "an add", change: () => add(question(2)) },
      { between: "a drop", change: () => layer.drop(scope, CONVERSATION) },
    ])("a refill that $between came between is dropped", async ({ change }) => {
      for (const known of [false, true]) {
        if (known) await fill(turns(1, 1), true);
        const { revision } = await read();
        await change();
        const before = await read();
        await layer.refill(scope, CONVERSATION, { messages: turns(7, 8), complete: true, revision });
        expect(await read()).toEqual(before);
      }
    });

    test("a refill of what was forgotten meanwhile is dropped, though nothing is known of a change", async () => {
      await fill(turns(1, 1), true);
      const { revision } = await read();
      await add(question(2));
      await pass(60_000);
      await layer.refill(scope, CONVERSATION, { messages: turns(1, 1), complete: true, revision });
      expect(await read()).toMatchObject(UNKNOWN);
      expect((await read()).revision).not.toBe(revision);
    });

    test("a conversation is forgotten so many seconds after the last write; reading keeps nothing", async () => {
      await fill(turns(1, 1), true);
      await pass(50_000);
      await add(question(2));
      await pass(50_000);
      expect(await read()).toMatchObject({ complete: true });
      await pass(10_000);
      expect(await read()).toMatchObject(UNKNOWN);
    });

    test("of 200 added at once, in any order, the latest are held", async () => {
      await fill([], true);
      const seed = testSeed(`${name} layer, 200 at once`);
      const [shuffled = []] = fc.sample(fc.shuffledSubarray(turns(1, 100), { minLength: 200 }), {
        seed,
        numRuns: 1,
      });
      await Promise.all(shuffled.map(add));
      expect(await read()).toMatchObject({ messages: turns(98, 100), complete: false });
    });

    test("whatever adds race with refills, no message that was added before a refill's read is missing", async () => {
      const archive: ArchivedMessage[] = [];
      const readThrough = async (): Promise<void> => {
        const { messages, revision } = await read();
        if (messages !== null) return;
        const stored = [...archive];
        await layer.refill(scope, CONVERSATION, { messages: stored, complete: true, revision });
      };
      const store = async (message: ArchivedMessage): Promise<void> => {
        archive.push(message);
        await add(message);
      };
      for (let round = 0; round < 20; round++) {
        await Promise.all([
          readThrough(),
          store(question(round)),
          readThrough(),
          readThrough(),
          ...(round % 5 === 4 ? [layer.drop(scope, CONVERSATION), readThrough()] : []),
        ]);
        const { messages } = await read();
        if (messages !== null) expect(messages).toEqual(archive.slice(-bounds.messages));
        await readThrough();
        expect((await read()).messages).toEqual(archive.slice(-bounds.messages));
      }
    });

    test.each(LOOKALIKES)("%j and %j have conversations of their own", async (one, other) => {
      const [mine, theirs] = [freshScope(one), other];
      await fill(turns(1, 1), true, mine);
      await fill(turns(2, 2), true, one);
      await layer.drop(theirs, CONVERSATION);
      await layer.add(theirs, CONVERSATION, question(9));
      expect(await read(CONVERSATION, one)).toMatchObject({ messages: turns(2, 2) });
      expect(await read(CONVERSATION, mine)).toMatchObject({ messages: turns(1, 1) });
    });

    test("conversations with lookalike names are apart", async () => {
      const names = ["", "c", "c:recent", "c:session", ":c", "%3A", "%253A", "limits", "{c}", "c ", "C"];
      for (const [index, conversation] of names.entries()) {
        const { revision } = await read(conversation);
        await layer.refill(scope, conversation, { messages: turns(index, index), complete: true, revision });
      }
      for (const [index, conversation] of names.entries()) {
        expect((await read(conversation)).messages).toEqual(turns(index, index));
      }
    });

    test("any sequence of calls leaves what a plain model of the port leaves", async () => {
      await fc.assert(
        fc.asyncProperty(
          awkwardScope,
          fc.string({ unit: "binary" }),
          layerCommands,
          async (of, named, commands) => {
            const model = new ModelLayer(bounds.messages);
            const fresh = freshScope(of);
            for (const command of commands) await command(model, layer, fresh, named);
            const { messages, complete } = await layer.read(fresh, named);
            expect({ messages, complete }).toEqual(model.content());
          },
        ),
        { seed: testSeed(`${name} layer`), numRuns: 60 },
      );
    });
  });
}
