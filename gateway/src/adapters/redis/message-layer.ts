import type { ArchivedMessage } from "../../ports/archive.ts";
import type { LayerBounds, LayerContent, MessageLayer } from "../../ports/message-layer.ts";
import type { RedisConnection } from "./connection.ts";
import { deleteKeys } from "./delete-keys.ts";
import { encodeId, redisKeys } from "./keys.ts";
import { RECENT_SCRIPT } from "./message-hash.ts";
import { SESSION_SCRIPT } from "./message-list.ts";
import { OwedCalls } from "./owed-calls.ts";
import type { RedisScript } from "./script.ts";

/** How each layer lies in Redis. */
const FORMS: Record<LayerBounds["name"], { script: RedisScript; key: (typeof redisKeys)["recent"] }> = {
  recent: { script: RECENT_SCRIPT, key: redisKeys.recent },
  session: { script: SESSION_SCRIPT, key: redisKeys.session },
};

/**
 * A layer of history in Redis: `recent` is a hash, `session` a list. A conversation is one key, which holds the
 * revision too, so that both are forgotten together.
 *
 * `read` and `refill` reject with `RedisUnavailable` while Redis is away. An `add` or `drop` that falls into such a
 * time resolves, and the conversation is dropped before this process reads it again, and when Redis is back: a
 * layer that missed a message would have a gap.
 */
export function createRedisMessageLayer(options: {
  redis: RedisConnection;
  bounds: LayerBounds;
}): MessageLayer {
  const { redis, bounds } = options;
  const { script, key: keyOf } = FORMS[bounds.name];
  const owed = new OwedCalls(redis);
  const call = (key: string, operation: string, ...values: (string | number)[]): Promise<unknown> =>
    redis.script(script, [key], [operation, bounds.seconds * 1000, bounds.messages, ...values]);

  return {
    async read(scope, conversation) {
      const key = keyOf(scope, conversation);
      await owed.settle(key);
      return contentOf(await call(key, "read"));
    },
    async refill(scope, conversation, { messages, complete, revision }) {
      const key = keyOf(scope, conversation);
      await owed.settle(key);
      const kept = messages.toSorted((left, right) => rankOf(left) - rankOf(right)).slice(-bounds.messages);
      const whole = complete && messages.length <= bounds.messages;
      if (kept.length === 0 && !whole) return;
      await call(key, "refill", revision, whole ? "whole" : "part", ...kept.flatMap(entryOf));
    },
    async add(scope, conversation, message) {
      const key = keyOf(scope, conversation);
      const now = () => call(key, "add", ...entryOf(message));
      await owed.do({ group: key, name: "drop", now, later: () => call(key, "drop") });
    },
    async drop(scope, conversation) {
      const key = keyOf(scope, conversation);
      await owed.do({ group: key, name: "drop", now: () => call(key, "drop") });
    },
    async eraseUser(scope, conversations) {
      const keys = conversations.map((conversation) => keyOf(scope, conversation));
      for (const key of keys) await owed.settle(key);
      return deleteKeys(redis, keys);
    },
  };
}

/** Its order, its name and its text, as the scripts take a message. */
function entryOf(message: ArchivedMessage): [number, string, string] {
  return [rankOf(message), encodeId(message.id), JSON.stringify(message)];
}

/** Orders messages by position, an answer after its question. */
function rankOf({ position, to }: ArchivedMessage): number {
  return position * 2 + (to === undefined ? 0 : 1);
}

/** The scripts' answer: revision, state, then messages in any order. */
function contentOf(reply: unknown): LayerContent {
  const [revision, state, ...texts] = reply as [string, string, ...string[]];
  const messages = state === "unknown" ? null : texts.map((text) => JSON.parse(text) as ArchivedMessage);
  return {
    messages: messages?.toSorted((left, right) => rankOf(left) - rankOf(right)) ?? null,
    complete: state === "whole",
    revision: Number(revision),
  };
}
