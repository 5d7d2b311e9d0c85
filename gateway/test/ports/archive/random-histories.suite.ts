import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { AcceptRequest, UserArchive } from "../../../src/ports/archive.ts";
import { awkwardScope, freshScope } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";
import { ArchiveModel } from "./model.ts";
import type { ArchiveUnderTest } from "./suite.ts";
import { end, turn } from "./turns.ts";

/** What happens next; numbers pick among all ids that the history has had, also those that are gone. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("ask"), pick: fc.option(fc.nat()) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("resend"), pick: fc.nat(), altered: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("end"),
      pick: fc.nat(),
      stopped: fc.boolean(),
      epoch: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("raise"),
      pick: fc.nat(),
      epoch: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("edit"), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("regenerate"), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("create") }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("push"), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("clear"), pick: fc.nat() }) },
);
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

/** A call of the archive, and what the model says of it. */
interface Step {
  readonly expected: unknown;
  call(archive: UserArchive): Promise<unknown>;
}

/** Plays events on the model, which tells what the archive is to be asked and has to answer. */
class History {
  readonly model: ArchiveModel;
  readonly #requests: AcceptRequest[] = [];
  readonly #conversations = ["unknown"];
  #time = 0;

  constructor(model: ArchiveModel) {
    this.model = model;
  }

  get conversations(): readonly string[] {
    return this.#conversations;
  }

  next(happening: Event): Step {
    const at = ++this.#time;
    switch (happening.type) {
      case "ask": {
        const named =
          happening.pick === null ? {} : { conversation: pickOf(this.#conversations, happening.pick) };
        return this.#accept(turn(`question at ${at}`, { ...named, at, openLimit: 3 }));
      }
      case "resend": {
        const former = pickOf([turn("never sent", { at }), ...this.#requests], happening.pick);
        return this.#accept({ ...former, digest: happening.altered ? "altered" : former.digest });
      }
      case "edit":
      case "regenerate": {
        const ids = ["unknown", ...this.#requests.flatMap(({ message, reply }) => [message, message, reply])];
        const fields = { kind: happening.type, target: pickOf(ids, happening.pick), at, openLimit: 3 };
        return this.#accept(turn(`${happening.type} at ${at}`, fields));
      }
      case "end": {
        const reply = this.#reply(happening.pick);
        const reason = happening.stopped ? "stop" : "cancelled";
        const ending = end(reply, { at, reason, epoch: happening.epoch });
        return { expected: this.model.endReply(ending), call: (archive) => archive.endReply(ending) };
      }
      case "raise": {
        const reply = this.#reply(happening.pick);
        const { epoch } = happening;
        return {
          expected: this.model.raiseEpoch(reply, epoch),
          call: (archive) => archive.raiseEpoch(reply, epoch),
        };
      }
      case "create": {
        const id = `created-${at}`;
        this.model.create(id, at);
        this.#conversations.push(id);
        return { expected: undefined, call: (archive) => archive.createConversation(id, at) };
      }
      case "push": {
        const id = pickOf(this.#conversations, happening.pick);
        const message = { id: `pushed-${at}`, role: "system", content: `pushed at ${at}`, at } as const;
        if (this.model.find(id) === undefined) {
          return {
            expected: "NoSuchConversation",
            call: (archive) => archive.push(id, message).catch(nameOf),
          };
        }
        return { expected: this.model.push(id, message), call: (archive) => archive.push(id, message) };
      }
      case "clear": {
        const id = pickOf(this.#conversations, happening.pick);
        return { expected: this.model.clear(id), call: (archive) => archive.clear(id, at) };
      }
      default:
        throw new Error(`an event that the test does not know: ${JSON.stringify(happening)}`);
    }
  }

  /** An open reply for the most part. */
  #reply(pick: number): string {
    const open = this.model.open.map(({ reply }) => reply);
    const latest = this.#requests.slice(-1).map(({ reply }) => reply);
    return pickOf([...open, ...latest, "unknown"], pick);
  }

  #accept(request: AcceptRequest): Step {
    const expected = this.model.accept(request);
    this.#requests.push(request);
    if (expected.outcome === "accepted" && !this.#conversations.includes(expected.conversation)) {
      this.#conversations.push(expected.conversation);
    }
    return { expected, call: (archive) => archive.accept(request) };
  }
}

const pickOf = <Item>(items: readonly Item[], pick: number): Item => {
  const item = items[pick % items.length];
  if (item === undefined) throw new Error("there is nothing to pick from");
  return item;
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));

async function expectSameView(archive: UserArchive, { model, conversations }: History): Promise<void> {
  expect((await archive.conversations({ limit: 100 })).conversations).toEqual(model.summaries());
  expect(await archive.latestConversation()).toBe(model.conversations[0]?.id ?? null);
  expect(await archive.openReplies()).toEqual(model.open);
  for (const conversation of conversations) {
    expect(await archive.messages(conversation, { limit: 100 })).toEqual(model.messages(conversation));
    const open = model.open.filter((owed) => owed.conversation === conversation);
    expect(await archive.openReplies(conversation)).toEqual(open);
    for (const { position } of open) {
      const context = await archive.context(conversation, position, 100);
      expect(context).toEqual(model.context(conversation, position));
    }
  }
  for (const [clientId, acceptance] of model.accepted) {
    expect(await archive.accepted(clientId)).toEqual(acceptance);
  }
}

/** Random histories against the model, call by call and all at once. */
export function randomHistoriesSuite({ archive, runs }: ArchiveUnderTest): void {
  describe("random histories", () => {
    const seed = testSeed("archive histories");
    const events = fc.array(event, { minLength: 5, maxLength: 40, size: "max" });

    test.each([
      { manner: "call by call", atOnce: false },
      { manner: "all at once", atOnce: true },
    ])(
      "leave what the model says, $manner",
      async ({ atOnce }) => {
        await fc.assert(
          fc.asyncProperty(awkwardScope, events, async (awkward, happenings) => {
            const scope = freshScope(awkward);
            const user = archive().forUser(scope);
            const history = new History(new ArchiveModel(scope));
            const answers: Promise<unknown>[] = [];
            const expected: unknown[] = [];
            for (const happening of happenings) {
              const step = history.next(happening);
              expected.push(step.expected);
              answers.push(step.call(user));
              if (!atOnce) await answers.at(-1);
            }
            expect(await Promise.all(answers)).toEqual(expected);
            await expectSameView(user, history);
          }),
          { seed, numRuns: runs.histories },
        );
      },
      60_000,
    );
  });
}
