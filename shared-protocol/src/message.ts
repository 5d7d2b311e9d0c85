import { z } from "zod";
import { END_REASONS } from "./constants.ts";
import { Count, Id, Text } from "./ids.ts";

/** A file beside a message, as lists name it; `url` is a signed link that expires. */
export const AttachmentSchema = z.object({
  id: Id,
  name: z.string(),
  type: z.string(),
  size: Count,
  url: z.string(),
});

/** Who wrote a message that neither the user nor the model wrote. */
export const AuthorSchema = z.object({
  kind: z.enum(["agent", "bot"]),
  name: z.string().optional(),
  avatar: z.string().optional(),
});

/** What became of a message: absent is complete. */
export const StatusSchema = z.enum(["queued", "streaming", ...END_REASONS]);

/** A message as it stands in lists: oldest first, each answer directly after its question. */
export const MessageSchema = z.object({
  id: Id,
  clientId: Id.optional(),
  role: z.enum(["user", "assistant", "system"]),
  content: Text,
  at: z.iso.datetime().describe("when it was stored; for people, never for sorting"),
  to: Id.optional().describe("the question that an answer answers"),
  author: AuthorSchema.optional(),
  attachments: z.array(AttachmentSchema).optional(),
  rating: z.enum(["up", "down"]).optional(),
  status: StatusSchema.optional(),
});

/** A reply that has not ended, as `ready` and `conversation` list it. */
export const OpenReplySchema = z.object({
  reply: Id,
  conversation: Id,
  message: Id.describe("the question"),
  seq: Count,
  epoch: Count,
  state: z.enum(["queued", "streaming"]),
});

/** Tokens of one reply, as the provider counted them, or `estimated` by us where it did not. */
export const UsageSchema = z.object({
  inputTokens: Count,
  outputTokens: Count,
  cachedInputTokens: Count,
  estimated: z.boolean().optional(),
});

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
