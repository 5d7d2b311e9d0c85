import { describe, expect, test } from "@jest/globals";
import { CLIENT_FRAME_TYPES, PROTOCOL_LIMITS, protocolJsonSchema, SERVER_FRAME_TYPES } from "../src/index.ts";
import { schemaValidator } from "./support/schema-validator.ts";
import { frameVectors, textOf } from "./support/vectors.ts";

type Definition = {
  readonly description?: string;
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const published = JSON.parse(JSON.stringify(protocolJsonSchema()));
const definitions: Readonly<Record<string, Definition>> = published.$defs;
const definitionOf = (direction: "Client" | "Server", type: string): Definition | undefined =>
  definitions[direction + type.charAt(0).toUpperCase() + type.slice(1)];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe.each(["client", "server"] as const)("the published schema, for a %s's frames", (direction) => {
  const passes = schemaValidator(direction === "client" ? "ClientFrame" : "ServerFrame");

  describe.each(frameVectors(direction))("of $file", ({ valid, invalid }) => {
    for (const vector of valid) {
      test(`lets pass: ${vector.name}`, () => {
        expect(passes(JSON.parse(textOf(vector)))).toBe(true);
      });
    }

    const objects = invalid.filter(
      (vector) => vector.close === undefined && parsed(textOf(vector)) !== undefined,
    );
    test.each(objects)("judges as the vector says: $name", (vector) => {
      expect(passes(parsed(textOf(vector)))).toBe(vector.schema === "accepts");
    });
  });
});

describe("the published schema", () => {
  test("has a described definition for every frame type of both directions", () => {
    const described = [
      ...CLIENT_FRAME_TYPES.map((type) => definitionOf("Client", type)),
      ...SERVER_FRAME_TYPES.map((type) => definitionOf("Server", type)),
    ].map((definition) => definition?.description);
    expect(described).toEqual(described.map(() => expect.stringMatching(/\w/)));
    expect(definitions.ClientFrame).toHaveProperty("oneOf.length", CLIENT_FRAME_TYPES.length);
    expect(definitions.ServerFrame).toHaveProperty("oneOf.length", SERVER_FRAME_TYPES.length);
  });

  test("closes no object, for unknown fields are ignored", () => {
    expect(JSON.stringify(published)).not.toMatch(/additionalProperties|unevaluatedProperties/);
  });

  test("says how long a text may be", () => {
    expect(definitionOf("Client", "message")?.properties.content).toMatchObject({
      maxLength: PROTOCOL_LIMITS.messageCharacters,
    });
    expect(definitionOf("Client", "edit")?.properties.content).toMatchObject({
      maxLength: PROTOCOL_LIMITS.messageCharacters,
    });
    expect(definitionOf("Client", "feedback")?.properties.comment).toMatchObject({ maxLength: 2_000 });
  });

  test("points only at definitions that it holds", () => {
    const references = [...JSON.stringify(published).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(50);
    for (const [, name] of references) expect(definitions).toHaveProperty([name ?? ""]);
  });
});
