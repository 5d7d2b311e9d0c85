export * from "./client-frames.ts";
export * from "./codec.ts";
export * from "./constants.ts";
export { protocolJsonSchema } from "./json-schema.ts";
export * from "./message.ts";
export * from "./server-frames.ts";
export * from "./version.ts";
