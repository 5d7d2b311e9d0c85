export type { Directives } from "./directives.ts";
export type { RequestEvents, RequestRecord } from "./record.ts";
export { now } from "./record.ts";
export { startUpstreamSimulator, type UpstreamSimulator, type UpstreamSimulatorOptions } from "./server.ts";
export { expectedText, simulatedTokens } from "./text.ts";
