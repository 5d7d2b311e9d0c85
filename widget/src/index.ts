export { type Chat, type ChatOptions, createChat } from "./chat.ts";
export { defineChatElement } from "./element.ts";
export type { PageEvents, Settings } from "./stage.ts";
