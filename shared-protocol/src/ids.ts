import { z } from "zod";

/** Ids of messages, replies and conversations: 1 to 64 of `A-Z a-z 0-9 _ -`. */
export const Id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 _ -")
  .describe("1 to 64 of A-Z a-z 0-9 _ -");

/** Text in which every surrogate has its partner, so that it survives UTF-8. */
export const Text = z.string().refine((text) => text.isWellFormed(), {
  message: "must be well-formed Unicode (it holds a lone surrogate)",
  abort: true,
});

/** A whole number of chunks, epochs or items. */
export const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
