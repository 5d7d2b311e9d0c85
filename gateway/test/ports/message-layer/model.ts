import { expect } from "@jest/globals";
import fc from "fast-check";
import type { ArchivedMessage } from "../../../src/ports/archive.ts";
import type { MessageLayer } from "../../../src/ports/message-layer.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { answer, question } from "./messages.ts";

/** One conversation in a layer, written down as plainly as the port says it. */
export class ModelLayer {
  /** Revisions that were read, the current one last. */
  readonly revisions: number[] = [];
  readonly #most: number;
  #messages: ArchivedMessage[] | null = null;
  #complete = false;
  #changed = false;

  constructor(most: number) {
    this.#most = most;
  }

  content(): { messages: ArchivedMessage[] | null; complete: boolean } {
    return { messages: this.#messages, complete: this.#complete };
  }

  read(revision: number): void {
    if (this.#changed) expect(this.revisions).not.toContain(revision);
    else expect(revision).toBe(this.revisions.at(-1) ?? revision);
    if (this.#changed || this.revisions.length === 0) this.revisions.push(revision);
    this.#changed = false;
  }

  refill(messages: readonly ArchivedMessage[], complete: boolean, revision: number): void {
    const current = !this.#changed && revision === this.revisions.at(-1);
    if (current && (messages.length > 0 || complete)) this.#put(messages, complete);
  }

  add(message: ArchivedMessage): void {
    this.#changed = true;
    if (this.#messages === null) return;
    const others = this.#messages.filter(({ id }) => id !== message.id);
    const isNew = others.length === this.#messages.length;
    const [oldest] = this.#messages;
    if (isNew && !this.#complete && oldest !== undefined && rank(message) < rank(oldest)) return;
    this.#put([...others, message], this.#complete);
  }

  drop(): void {
    this.#changed = true;
    this.#messages = null;
    this.#complete = false;
  }

  #put(messages: readonly ArchivedMessage[], complete: boolean): void {
    this.#messages = messages.toSorted((left, right) => rank(left) - rank(right)).slice(-this.#most);
    this.#complete = complete && messages.length <= this.#most;
  }
}

/** A call, made to the model and to the layer. */
type LayerCommand = (
  model: ModelLayer,
  layer: MessageLayer,
  scope: Scope,
  conversation: string,
) => Promise<void>;

const message = fc
  .record({
    position: fc.nat(9),
    answers: fc.boolean(),
    content: fc.string({ unit: "grapheme", maxLength: 5 }),
  })
  .map(({ position, answers, content }) => (answers ? answer : question)(position, { content }));

const reading = fc.constant<LayerCommand>(async (model, layer, scope, conversation) => {
  const { messages, complete, revision } = await layer.read(scope, conversation);
  expect({ messages, complete }).toEqual(model.content());
  model.read(revision);
});

const refilling = fc
  .record({
    messages: fc.uniqueArray(message, { selector: ({ id }) => id, maxLength: 9 }),
    complete: fc.boolean(),
    stale: fc.nat(4),
  })
  .map(
    ({ messages, complete, stale }): LayerCommand =>
      async (model, layer, scope, conversation) => {
        // Mostly the revision read last, at times an older one; without any, one that nobody gave out.
        const revision = model.revisions.at(stale < 3 ? -1 : -2) ?? 0;
        await layer.refill(scope, conversation, { messages, complete, revision });
        model.refill(messages, complete, revision);
      },
  );

const adding = message.map(
  (added): LayerCommand =>
    async (model, layer, scope, conversation) => {
      await layer.add(scope, conversation, added);
      model.add(added);
    },
);

const dropping = fc.constant<LayerCommand>(async (model, layer, scope, conversation) => {
  await layer.drop(scope, conversation);
  model.drop();
});

/** Sequences of calls. */
export const layerCommands = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: reading },
    { weight: 3, arbitrary: refilling },
    { weight: 5, arbitrary: adding },
    { weight: 1, arbitrary: dropping },
  ),
  { maxLength: 30 },
);

function rank({ position, to }: ArchivedMessage): number {
  return position + (to === undefined ? 0 : 0.5);
}
