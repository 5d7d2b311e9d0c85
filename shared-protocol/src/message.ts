import { z } from "zod";
import { END_REASONS } from "./constants.ts";
import { Count, Id, Instant, openEnum, Text } from "./ids.ts";

/** A file beside a message, as lists name it; `url` is a signed link that expires. */
export const AttachmentSchema = z
  .object({
    id: Id,
    name: z.string(),
    type: z.string().describe("media type"),
    size: Count.describe("bytes"),
    url: z.string().describe("a signed link that expires"),
  })
  .describe("A file beside a message");

/** Who wrote a message that neither the user nor the model wrote. */
export const AuthorSchema = z
  .object({
    kind: z.enum(["agent", "bot"]),
    name: z.string().optional(),
    avatar: z.string().optional().describe("address of a picture"),
  })
  .describe("Who wrote a message that neither the user nor the model wrote");

/** What became of a message: absent is complete. */
export const StatusSchema = openEnum(["queued", "streaming", ...END_REASONS], "error").describe(
  "absent is complete; else not begun, under way, or the reason it ended",
);

/** A message as it stands in lists: oldest first, each answer directly after its question. */
export const MessageSchema = z
  .object({
    id: Id,
    clientId: Id.optional().describe("the `id` under which its writer sent it"),
    role: openEnum(["user", "assistant", "system"], "system"),
    content: Text,
    at: Instant.describe("when it was stored; for people, never for sorting"),
    to: Id.optional().describe("the question that an answer answers"),
    author: AuthorSchema.optional(),
    attachments: z.array(AttachmentSchema).optional(),
    rating: z.enum(["up", "down"]).optional(),
    status: StatusSchema.optional(),
  })
  .describe("A message as it stands in lists: oldest first, each answer directly after its question");

/** A reply that has not ended, as `ready` and `conversation` list it. */
export const OpenReplySchema = z
  .object({
    reply: Id,
    conversation: Id,
    message: Id.describe("the question"),
    seq: Count.describe("chunks so far"),
    epoch: Count.describe("rises when another instance takes the reply over"),
    state: z.enum(["queued", "streaming"]),
  })
  .describe("A reply that has not ended");

/** Tokens of one reply, as the provider counted them, or `estimated` by us where it did not. */
export const UsageSchema = z
  .object({
    inputTokens: Count,
    outputTokens: Count,
    cachedInputTokens: Count,
    estimated: z.boolean().optional().describe("counted by us where the provider gave no final count"),
  })
  .describe("Tokens of one reply");

/** A message as it stands in lists. */
export type Message = z.infer<typeof MessageSchema>;
/** A reply that has not ended. */
export type OpenReply = z.infer<typeof OpenReplySchema>;
/** Tokens of one reply. */
export type Usage = z.infer<typeof UsageSchema>;
/** Who wrote a pushed message. */
export type Author = z.infer<typeof AuthorSchema>;
/** A file beside a message. */
export type Attachment = z.infer<typeof AttachmentSchema>;
