import { PROTOCOL_LIMITS } from "@parlance/protocol/constants";
import type { ChatSnapshot } from "./types.ts";

/** What is shown before anything is known. */
export const EMPTY_SNAPSHOT: ChatSnapshot = {
  connection: { status: "idle" },
  user: null,
  settings: {},
  features: [],
  messageCharacters: PROTOCOL_LIMITS.messageCharacters,
  conversation: null,
  mode: "model",
  messages: [],
  more: false,
  typing: null,
  conversations: [],
  notice: null,
  unread: 0,
};
