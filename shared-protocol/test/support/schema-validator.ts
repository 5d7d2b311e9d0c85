import { Ajv2020 } from "ajv/dist/2020.js";
import addFormatsModule from "ajv-formats";
import { protocolJsonSchema } from "../../src/index.ts";

/** Whether a value passes one definition of the published schema, judged from the published text alone by a validator that is not ours. */
export function schemaValidator(definition: "ClientFrame" | "ServerFrame"): (value: unknown) => boolean {
  const schema = JSON.parse(JSON.stringify(protocolJsonSchema()));
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  // The package is CommonJS, whose default export is a property for the types and the module itself at run time.
  const addFormats = addFormatsModule.default;
  addFormats(ajv);
  ajv.addSchema(schema);
  return ajv.compile({ $ref: `${schema.$id}#/$defs/${definition}` });
}
