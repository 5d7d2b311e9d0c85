export { type ChatStore, type ChatStoreOptions, createChatStore } from "./store.ts";
export type * from "./types.ts";
