import { z } from "zod";
import { END_REASONS, ERROR_CODES } from "./constants.ts";
import { Count, Id, Instant, openEnum, Text } from "./ids.ts";
import { MessageSchema, OpenReplySchema, UsageSchema } from "./message.ts";

const ref = { ref: Id.optional() };
const seconds = z.number().min(0);

/** Every frame that a server sends, told apart by `type`. Clients ignore types and fields they do not know. */
export const ServerFrameSchema = z.discriminatedUnion("type", [
  z
    .object({
      type: z.literal("ready"),
      session: Id,
      user: z.object({ id: z.string(), name: z.string().optional(), anonymous: z.boolean() }),
      conversation: Id.nullable().describe("the latest, or null where there is none"),
      messages: z.array(MessageSchema).describe("its last ones"),
      more: z.boolean().describe("there are older ones"),
      replies: z.array(OpenReplySchema),
      heartbeat: z.object({ ping: seconds, timeout: seconds }).describe("seconds"),
      now: Instant.describe("the server's clock"),
      expiresAt: Instant.describe("when the token ends"),
      limits: z.object({
        messageCharacters: Count,
        frameBytes: Count,
        messagesPerMinute: Count.nullable(),
        messagesPerHour: Count.nullable(),
        concurrentStreams: Count.nullable(),
      }),
      features: z.array(z.string()).describe("optional abilities; what is not named is not to be sent"),
    })
    .describe("First frame. `replies`: all of the user's that have not ended, oldest first"),
  z
    .object({
      type: z.literal("ack"),
      id: Id,
      conversation: Id,
      message: Id,
      reply: Id,
      duplicate: z.boolean().optional().describe("the same `id` came before; nothing was asked anew"),
    })
    .describe("Stored: it will not be lost. `reply` is the id its answer has, and will have as a message"),
  z
    .object({ type: z.literal("ok"), ...ref, expiresAt: Instant.optional() })
    .describe("Answers cancel, clear, feedback, handoff and auth that carried an `id`"),
  z
    .object({
      type: z.literal("typing"),
      conversation: Id,
      active: z.boolean(),
      by: z.enum(["assistant", "user", "agent"]),
      reply: Id.optional(),
      to: Id.optional().describe("the message answered"),
    })
    .describe("A reply starts or ends (before its `done`); another tab or a person types"),
  z
    .object({
      type: z.literal("token"),
      reply: Id,
      seq: Count.describe("the model's chunks so far, this frame's included"),
      content: Text,
      n: z.int().min(1).optional().describe("how many chunks this frame carries, 1 where absent"),
      epoch: Count.optional(),
      conversation: Id.optional(),
      channel: z
        .string()
        .optional()
        .describe("absent is answer text; others count in `seq` and are not shown"),
    })
    .describe("Text. `seq - n` is the `seq` before it, so a gap shows"),
  z
    .object({
      type: z.literal("snapshot"),
      reply: Id,
      conversation: Id,
      message: Id,
      seq: Count,
      epoch: Count,
      content: Text,
    })
    .describe("The whole text up to `seq`: replaces what the client holds"),
  z
    .object({
      type: z.literal("response"),
      reply: Id,
      conversation: Id,
      content: Text,
      cached: z.literal(true),
    })
    .describe("A whole answer from a cache; counts as `seq` 1"),
  z
    .object({
      type: z.literal("done"),
      reply: Id,
      conversation: Id,
      message: Id.describe("the question"),
      seq: Count,
      epoch: Count.optional(),
      reason: openEnum(END_REASONS, "error"),
      model: z.string(),
      usage: UsageSchema,
      sources: z.array(z.object({ title: z.string(), url: z.string().optional() })).optional(),
    })
    .describe("The end of every reply, exactly one each"),
  z
    .object({ type: z.literal("message"), conversation: Id, message: MessageSchema })
    .describe("A message from another tab or device, or pushed"),
  z
    .object({ type: z.literal("truncate"), conversation: Id, after: Id.nullable(), ...ref })
    .describe("`edit` or `regenerate`: drop what follows that message"),
  z.object({ type: z.literal("cleared"), conversation: Id, ...ref }).describe("That conversation is gone"),
  z
    .object({
      type: z.literal("conversation"),
      ...ref,
      conversation: Id,
      mode: z.enum(["model", "human"]),
      messages: z.array(MessageSchema),
      more: z.boolean(),
      replies: z.array(OpenReplySchema),
    })
    .describe("Answer to `open`"),
  z
    .object({
      type: z.literal("history"),
      ...ref,
      conversation: Id,
      messages: z.array(MessageSchema),
      more: z.boolean(),
    })
    .describe("Answer to `history`"),
  z
    .object({
      type: z.literal("conversations"),
      ...ref,
      conversations: z.array(
        z.object({
          id: Id,
          title: z.string(),
          at: Instant,
          preview: z.string(),
          unread: Count,
        }),
      ),
      next: z.string().nullable().describe("`before` of the next call; null at the end"),
      more: z.boolean(),
    })
    .describe("Answer to `conversations`"),
  z
    .object({
      type: z.literal("error"),
      code: openEnum(ERROR_CODES, "INTERNAL").describe("one not named here is told by its `retryAfter`"),
      message: z.string(),
      ...ref,
      reply: Id.optional(),
      conversation: Id.optional(),
      retryAfter: seconds.optional().describe("seconds; a retry makes sense after it"),
    })
    .describe("A refusal (with `ref`), or trouble of a reply (with `reply`)"),
  z
    .object({ type: z.literal("pong"), ...ref, t: z.union([z.number(), z.string()]).optional() })
    .describe("Answer to `ping`"),
  z
    .object({ type: z.literal("goaway"), reconnectIn: seconds.describe("seconds"), reason: z.string() })
    .describe("Pick a random moment in it, open the new socket first, resume there, close the old one"),
]);

/** A frame from the server. */
export type ServerFrame = z.infer<typeof ServerFrameSchema>;

/** The type of a server's frame. */
export type ServerFrameType = ServerFrame["type"];

/** One kind of server frame. */
export type ServerFrameOf<Type extends ServerFrameType> = Extract<ServerFrame, { type: Type }>;

/** Every type that a server sends. */
export const SERVER_FRAME_TYPES: readonly ServerFrameType[] = ServerFrameSchema.options.map(
  (option) => option.shape.type.value,
);
