import { z } from "zod";
import { protocolJsonSchema } from "../../src/index.ts";

/** Whether a value passes one definition of the published schema, judged from the published text alone. */
export function schemaValidator(definition: "ClientFrame" | "ServerFrame"): (value: unknown) => boolean {
  const { $defs } = JSON.parse(JSON.stringify(protocolJsonSchema()));
  const schema = z.fromJSONSchema({ $defs, $ref: `#/$defs/${definition}` });
  return (value) => schema.safeParse(value).success;
}
