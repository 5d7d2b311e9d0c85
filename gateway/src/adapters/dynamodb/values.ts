import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** An item or a part of it, as DynamoDB's client speaks. */
export type Attributes = Record<string, AttributeValue>;

/** The fields of a plain object as attributes; what is undefined is left out. */
export function toAttributes(fields: object): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) attributes[name] = toAttribute(value);
  }
  return attributes;
}

/** A text, number, boolean, list or plain object as an attribute. */
export function toAttribute(value: unknown): AttributeValue {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  if (typeof value === "object") return { M: toAttributes(value) };
  throw new TypeError(`a ${typeof value} cannot be stored`);
}

/** The plain object that {@link toAttributes} was given. */
export function fromAttributes(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, fromAttribute(value)]));
}

function fromAttribute(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.L !== undefined) return value.L.map(fromAttribute);
  if (value.M !== undefined) return fromAttributes(value.M);
  throw new TypeError(`an attribute of kind ${Object.keys(value).join()} is none of ours`);
}
