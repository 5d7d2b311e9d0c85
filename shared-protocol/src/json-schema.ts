import { z } from "zod";
import { ClientFrameSchema } from "./client-frames.ts";
import { PROTOCOL } from "./constants.ts";
import { ServerFrameSchema } from "./server-frames.ts";

/**
 * The JSON Schema (draft 2020-12) of every frame, as `GET /v1/protocol.schema.json` serves it:
 * `$defs.ClientFrame` and `$defs.ServerFrame`, either of which is a valid frame.
 */
export function protocolJsonSchema(): Record<string, unknown> {
  const definition = (schema: z.ZodType): Record<string, unknown> => {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" });
    return rest;
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:${PROTOCOL}`,
    title: PROTOCOL,
    $defs: { ClientFrame: definition(ClientFrameSchema), ServerFrame: definition(ServerFrameSchema) },
    anyOf: [{ $ref: "#/$defs/ClientFrame" }, { $ref: "#/$defs/ServerFrame" }],
  };
}
