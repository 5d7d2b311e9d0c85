export { createClient } from "./client.ts";
export { ClientFailure } from "./failure.ts";
export type * from "./types.ts";
