import { z } from "zod";
import { ClientFrameSchema } from "./client-frames.ts";
import { PROTOCOL } from "./constants.ts";
import { Id, Instant } from "./ids.ts";
import { AttachmentSchema, AuthorSchema, MessageSchema, OpenReplySchema, UsageSchema } from "./message.ts";
import { ServerFrameSchema } from "./server-frames.ts";

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Every schema that stands under its own name in `$defs`, so that code made from it has names too. */
function namedSchemas(): Map<string, z.ZodType> {
  const named = new Map<string, z.ZodType>([
    ["Id", Id],
    ["Instant", Instant],
    ["Attachment", AttachmentSchema],
    ["Author", AuthorSchema],
    ["Message", MessageSchema],
    ["OpenReply", OpenReplySchema],
    ["Usage", UsageSchema],
    ["ClientFrame", ClientFrameSchema],
    ["ServerFrame", ServerFrameSchema],
  ]);
  for (const option of ClientFrameSchema.options) {
    named.set(`Client${capitalised(option.shape.type.value)}`, option);
  }
  for (const option of ServerFrameSchema.options) {
    named.set(`Server${capitalised(option.shape.type.value)}`, option);
  }
  return named;
}

/**
 * The JSON Schema (draft 2020-12) of every frame, as `GET /v1/protocol.schema.json` serves it:
 * `$defs.ClientFrame` and `$defs.ServerFrame`, either of which is a valid frame. Unknown fields pass, as
 * they do on the wire. What a schema cannot say (lone surrogates, a frame's bytes) is in the vectors.
 */
export function protocolJsonSchema(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of namedSchemas()) {
    // Descriptions live in the global registry; one of our own would hide them.
    registry.add(schema, { ...schema.meta(), id });
  }
  const { schemas } = z.toJSONSchema(registry, {
    io: "input",
    target: "draft-2020-12",
    uri: (id) => `#/$defs/${id}`,
  });
  const definitions = Object.entries(schemas).map(([id, schema]) => {
    const { $schema: _, $id: __, ...definition } = schema;
    return [id, definition];
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:parlance:protocol:v1",
    title: PROTOCOL,
    $defs: Object.fromEntries(definitions),
    anyOf: [{ $ref: "#/$defs/ClientFrame" }, { $ref: "#/$defs/ServerFrame" }],
  };
}
