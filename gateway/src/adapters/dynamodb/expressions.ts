import { type Attributes, toAttribute } from "./values.ts";

/** An expression with `#field` for every field and `:value` for every value of it. */
export interface Condition {
  readonly expression: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What an item is to become: fields set, fields taken away. Others stay; an item that is not there is made. */
export interface Change {
  readonly set: object;
  readonly remove?: readonly string[] | undefined;
}

/** A condition; `values` go without the colon. */
export function condition(expression: string, values: Readonly<Record<string, unknown>> = {}): Condition {
  return { expression, values };
}

/** The names and values that expressions refer to, as a request carries them: neither may be there and empty. */
export function references(conditions: readonly Condition[]): {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Attributes;
} {
  const names: Record<string, string> = {};
  const values: Attributes = {};
  for (const { expression, values: given } of conditions) {
    for (const [alias, name] of expression.matchAll(/#(\w+)/g)) if (name !== undefined) names[alias] = name;
    for (const [name, value] of Object.entries(given)) values[`:${name}`] = toAttribute(value);
  }
  return {
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  };
}

/** A change as an update expression. */
export function updateExpression({ set, remove = [] }: Change): Condition {
  const values: Record<string, unknown> = {};
  const assignments: string[] = [];
  for (const [name, value] of Object.entries(set)) {
    if (value === undefined) continue;
    assignments.push(`#${name} = :set_${name}`);
    values[`set_${name}`] = value;
  }
  const clauses = [
    ...(assignments.length === 0 ? [] : [`SET ${assignments.join(", ")}`]),
    ...(remove.length === 0 ? [] : [`REMOVE ${remove.map((name) => `#${name}`).join(", ")}`]),
  ];
  return condition(clauses.join(" "), values);
}
