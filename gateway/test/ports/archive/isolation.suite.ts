import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { UserArchive } from "../../../src/ports/archive.ts";
import type { Scope } from "../../../src/ports/scope.ts";
import { awkwardScope, freshScope, LOOKALIKES } from "../support/scopes.ts";
import { testSeed } from "../support/seed.ts";
import type { ArchiveUnderTest } from "./suite.ts";
import { accepted, end, turn } from "./turns.ts";

const sameScope = (one: Scope, other: Scope): boolean =>
  one.tenant === other.tenant && one.user === other.user;

/** Everything of a user that can be read, with ids that the other one has too. */
const viewOf = async (
  user: UserArchive,
  ids: Record<"conversation" | "message" | "reply" | "client", string>,
) => ({
  conversations: await user.conversations({ limit: 10 }),
  messages: await user.messages(ids.conversation, { limit: 10 }),
  latest: await user.latestConversation(),
  reply: await user.reply(ids.reply),
  replyTo: await user.replyTo(ids.client),
  accepted: await user.accepted(ids.client),
  open: await user.openReplies(),
  context: await user.context(ids.conversation, 99, 10),
  conversationOf: await user.conversationOf(ids.message),
});

/** Two users, whatever their names, who use the same ids for everything. */
async function keepApart(
  archive: ReturnType<ArchiveUnderTest["archive"]>,
  one: Scope,
  other: Scope,
): Promise<void> {
  const shared = turn("unused");
  const ids = {
    conversation: shared.newConversation,
    message: shared.message,
    reply: shared.reply,
    client: shared.clientId,
  };
  const [first, second] = [archive.forUser(one), archive.forUser(other)];
  await accepted(first, { ...shared, content: "of the first" });
  expect(await viewOf(second, ids)).toMatchObject({
    messages: null,
    reply: null,
    accepted: null,
    replyTo: null,
  });
  await accepted(second, { ...shared, content: "of the second", digest: "another" });
  const before = await viewOf(second, ids);
  expect(before.messages?.messages[0]?.content).toBe("of the second");
  expect(before.open[0]).toMatchObject({ tenant: other.tenant, user: other.user });
  await first.endReply(end(ids.reply, { content: "answer for the first" }));
  await first.rate(ids.reply, "down", undefined, 1);
  await first.push(ids.conversation, { id: "pushed", role: "system", content: "for the first", at: 1 });
  await first.accept(turn("edited", { kind: "edit", target: ids.message }));
  await first.clear(ids.conversation, 2);
  expect(await viewOf(second, ids)).toEqual(before);
  const owed = (await archive.owed()).filter(({ reply }) => reply === ids.reply);
  expect(owed).toEqual(before.open);
  await second.endReply(end(ids.reply));
}

/** Scopes see nothing of each other. */
export function isolationSuite({ archive, runs }: ArchiveUnderTest): void {
  describe("two users with the same ids", () => {
    test.each(LOOKALIKES)("%j and %j see nothing of each other", async (one, other) => {
      await keepApart(archive(), one, other);
    });

    test("and any names see nothing of each other", async () => {
      const scopes = fc.tuple(awkwardScope, awkwardScope).filter(([one, other]) => !sameScope(one, other));
      await fc.assert(
        fc.asyncProperty(scopes, async ([one, other]) => {
          await keepApart(archive(), freshScope(one), freshScope(other));
        }),
        { seed: testSeed("archive isolation"), numRuns: runs.scopes },
      );
    });
  });
}
