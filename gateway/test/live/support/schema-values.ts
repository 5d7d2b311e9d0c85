/** A JSON Schema as far as our documents use it. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
}

/** Makes values of a schema, and some that are not, from a seed. */
export class SchemaValues {
  #state: number;
  readonly #hints: Readonly<Record<string, readonly string[]>>;

  /** @param hints texts that mean something in fields of a name, where not every text does */
  constructor(seed: number, hints: Readonly<Record<string, readonly string[]>> = {}) {
    this.#state = seed >>> 0;
    this.#hints = hints;
  }

  /** From 0 to 1, exclusive. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /**
   * A value of the schema, with something wrong in it now and then.
   *
   * @param wrong how likely each part is wrong, 0 to 1
   * @param name of the field that it is for
   */
  value(schema: Schema, wrong: number, name = ""): unknown {
    if (this.chance(wrong)) return this.pick(ODD);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return this.pick(schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return this.value(this.pick(choices), wrong, name);
    const type = typeof schema.type === "string" ? schema.type : this.pick(schema.type ?? ["string"]);
    switch (type) {
      case "object":
        return this.#object(schema, wrong);
      case "array":
        return Array.from({ length: (schema.minItems ?? 0) + this.below(3) }, () =>
          this.value(schema.items ?? {}, wrong, name),
        );
      case "integer":
      case "number":
        return this.#number(schema, type === "integer");
      case "boolean":
        return this.chance(0.5);
      case "null":
        return null;
      default: {
        const hints = this.#hints[name];
        if (hints !== undefined && !this.chance(wrong)) return this.pick(hints);
        const fitting = TEXTS.filter((text) => fits(text, schema));
        return this.pick(fitting.length === 0 || this.chance(wrong) ? TEXTS : fitting);
      }
    }
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema, wrong: number): unknown {
    const made: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(properties)) {
      const wanted = required.includes(name) ? !this.chance(wrong) : this.chance(0.4);
      if (wanted) made[name] = this.value(schema, wrong, name);
    }
    if (typeof additionalProperties === "object") {
      for (let count = this.below(3); count > 0; count--) {
        made[this.pick(TEXTS.filter((text) => text.length <= 64))] = this.value(additionalProperties, wrong);
      }
    }
    if (this.chance(wrong)) made[this.pick(TEXTS)] = this.pick(ODD);
    return made;
  }

  #number({ minimum = -10, maximum = 1_000 }: Schema, whole: boolean): number {
    if (this.chance(0.2)) return this.pick([minimum, maximum]);
    const number = minimum + this.next() * (Math.min(maximum, minimum + 10_000) - minimum);
    return whole ? Math.round(number) : number;
  }
}

function fits(
  text: string,
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: Schema,
): boolean {
  if (text.length < minLength || text.length > maxLength) return false;
  return pattern === undefined || new RegExp(pattern, "u").test(text);
}

/** Texts that mean something somewhere, and texts that break naive code. */
const TEXTS = [
  "https://shop.example",
  "image/png",
  "10.0.0.0/8",
  "fd00::/8",
  "a",
  "x".repeat(300),
  "é🙂\u0000\u202e",
  "\ud800",
  "__proto__",
  "constructor",
  "../..",
  "%2e%2e%2f",
  "' OR 1=1 --",
  "2026-01-01",
];

const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  0.5,
  "",
  "x".repeat(5_000),
  [],
  {},
  [[[[[[]]]]]],
  { toString: 1, __proto__: null },
  "\u0000",
];
