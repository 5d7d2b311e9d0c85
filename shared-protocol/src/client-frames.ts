import { z } from "zod";
import { PROTOCOL_LIMITS } from "./constants.ts";
import { boundedText, Count, fits, Id, Text } from "./ids.ts";

/** The text of a message: not blank, well formed, at most `messageCharacters` code points. */
const Content = Text.refine((text) => text.trim() !== "", { message: "must not be blank" })
  .refine((text) => fits(text, PROTOCOL_LIMITS.messageCharacters), {
    message: `must be at most ${PROTOCOL_LIMITS.messageCharacters} characters`,
    params: { code: "MESSAGE_TOO_LARGE" },
  })
  .meta({
    pattern: "\\S",
    maxLength: PROTOCOL_LIMITS.messageCharacters,
    description: "plain text or Markdown, not blank",
  });

const Note = boundedText(2_000);

/** Where the visitor is, told to the model where a tenant wants it. */
const Page = z.object({
  url: Text.refine((url) => fits(url, PROTOCOL_LIMITS.pageUrlCharacters) && URL.canParse(url), {
    message: `must be an absolute URL of at most ${PROTOCOL_LIMITS.pageUrlCharacters} characters`,
  }).meta({ format: "uri", maxLength: PROTOCOL_LIMITS.pageUrlCharacters }),
  title: Note.optional(),
});

const correlation = { id: Id.optional() };
const pageLimit = z.int().min(1).max(PROTOCOL_LIMITS.pageItems);

/** Every frame that a client may send, told apart by `type`. Unknown fields are ignored. */
export const ClientFrameSchema = z.discriminatedUnion("type", [
  z
    .object({
      type: z.literal("message"),
      id: Id,
      content: Content,
      conversation: Id.optional(),
      attachments: z.array(Id).max(10).optional(),
      page: Page.optional(),
    })
    .describe("Ask. Without `conversation`: the user's latest, made if there is none"),
  z
    .object({
      type: z.literal("cancel"),
      ...correlation,
      reply: Id.optional(),
      message: Id.optional(),
      conversation: Id.optional(),
    })
    .describe("Stop that reply, the reply to that message, all of the conversation's, or all of the user's"),
  z
    .object({ type: z.literal("resume"), ...correlation, reply: Id, after: Count, epoch: Count.optional() })
    .describe("Send what came after chunk `after` (0: from the start), then go on live"),
  z
    .object({ type: z.literal("regenerate"), id: Id, message: Id })
    .describe("Answer that user's message anew; never from a cache"),
  z
    .object({ type: z.literal("edit"), id: Id, message: Id, content: Content })
    .describe("Replace a user's message and answer anew from there"),
  z
    .object({ type: z.literal("open"), ...correlation, conversation: Id })
    .describe('Read a conversation: an id, or "new"; answered by `conversation`'),
  z
    .object({
      type: z.literal("history"),
      ...correlation,
      conversation: Id,
      before: Id.optional(),
      limit: pageLimit.optional(),
    })
    .describe("Older messages, before that message id (exclusive)"),
  z
    .object({
      type: z.literal("conversations"),
      ...correlation,
      before: boundedText(256, 1).describe("the last answer's `next`").optional(),
      limit: pageLimit.optional(),
    })
    .describe("The user's conversations, latest first; `before` is the last answer's `next`"),
  z
    .object({ type: z.literal("clear"), ...correlation, conversation: Id })
    .describe("Gone for the user and the model; the archive keeps it, marked"),
  z
    .object({
      type: z.literal("feedback"),
      ...correlation,
      message: Id,
      rating: z.enum(["up", "down"]).nullable(),
      comment: Note.optional(),
    })
    .describe("Rates an answer; null takes the rating back"),
  z
    .object({ type: z.literal("typing"), ...correlation, active: z.boolean(), conversation: Id.optional() })
    .describe("The user is typing"),
  z
    .object({ type: z.literal("handoff"), ...correlation, conversation: Id, reason: Note.optional() })
    .describe("Asks for a person"),
  z
    .object({ type: z.literal("auth"), ...correlation, token: z.string().min(1).max(16_384) })
    .describe("A fresh token, same tenant, user and site key, before the old one ends"),
  z
    .object({
      type: z.literal("ping"),
      ...correlation,
      t: z
        .union([z.number(), boundedText(64)], { error: "must be a number, or text of at most 64 characters" })
        .optional(),
    })
    .describe("Answered by `pong` with the same `t`"),
]);

/** A frame from a client, decoded. */
export type ClientFrame = z.infer<typeof ClientFrameSchema>;

/** The type of a client's frame. */
export type ClientFrameType = ClientFrame["type"];

/** One kind of client frame. */
export type ClientFrameOf<Type extends ClientFrameType> = Extract<ClientFrame, { type: Type }>;

/** Every type that a client may send. */
export const CLIENT_FRAME_TYPES: readonly ClientFrameType[] = ClientFrameSchema.options.map(
  (option) => option.shape.type.value,
);
