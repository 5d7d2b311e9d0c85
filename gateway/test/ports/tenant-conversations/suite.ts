import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Archive } from "../../../src/ports/archive.ts";
import type { TenantConversationList, TenantConversations } from "../../../src/ports/tenant-conversations.ts";
import { establishedTenant } from "../../../src/tenants/scope.ts";
import { exchange } from "../archive/turns.ts";
import { scopeOf } from "../support/scopes.ts";

/** An archive and the list over it. */
export interface Listed {
  readonly archive: Archive;
  readonly conversations: TenantConversations;
  close(): Promise<void>;
}

/**
 * What every list of a tenant's conversations must do.
 *
 * @param open opens an empty archive; `close` ends it
 */
export function tenantConversationsSuite(open: () => Promise<Listed>): void {
  describe("a tenant's conversations", () => {
    let listed: Listed;
    let acme: TenantConversationList;
    beforeEach(async () => {
      listed = await open();
      acme = listed.conversations.forTenant(establishedTenant("acme"));
    });
    afterEach(() => listed.close());

    const say = (user: string, conversation: string, tenant = "acme") =>
      exchange(listed.archive.forUser(scopeOf(tenant, user)), `question in ${conversation}`, {
        newConversation: conversation,
      });
    const allIds = async (limit: number): Promise<string[]> => {
      const ids: string[] = [];
      let before: string | null = "";
      for (let pages = 0; before !== null && pages < 20; pages++) {
        const page = await acme.list({ limit, ...(before === "" ? {} : { before }) });
        expect(page.conversations.length).toBeLessThanOrEqual(limit);
        ids.push(...page.conversations.map(({ id }) => id));
        before = page.next;
      }
      return ids;
    };

    test("are listed with whose they are and what they begin with, those of other tenants never", async () => {
      await say("a#USER#b%", "c1");
      await say("other", "c2", "acme#USER#a");
      expect(await acme.list({ limit: 10 })).toEqual({
        conversations: [
          {
            id: "c1",
            user: "a#USER#b%",
            title: "question in c1",
            preview: expect.stringContaining("answer of"),
            at: 1_700_000_900_000,
          },
        ],
        next: null,
      });
    });

    test("come in pages, each once, though all changed at the same moment", async () => {
      const ids = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"];
      for (const id of ids) await say(`user of ${id}`, id);
      for (const limit of [1, 2, 3, 7, 10]) {
        expect((await allIds(limit)).toSorted()).toEqual(ids);
      }
      expect(await acme.list({ before: "nonsense", limit: 3 })).toEqual({ conversations: [], next: null });
    });

    test("come latest change first", async () => {
      const answer = { reason: "stop", seq: 1, epoch: 1, content: "x", model: "m" } as const;
      const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0 };
      for (const [index, id] of ["old", "older", "new"].entries()) {
        const archive = listed.archive.forUser(scopeOf("acme", id));
        const asked = await archive.accept({
          kind: "message",
          clientId: id,
          digest: id,
          newConversation: id,
          message: `m-${id}`,
          content: id,
          reply: `r-${id}`,
          at: 1,
          openLimit: 1,
        });
        expect(asked.outcome).toBe("accepted");
        const at = [2_000, 1_000, 3_000][index] ?? 0;
        await archive.endReply({ ...answer, usage, conversation: id, reply: `r-${id}`, at });
      }
      expect(await allIds(10)).toEqual(["new", "old", "older"]);
    });

    test("are not in the list before something is said in them", async () => {
      await say("bob", "c2");
      await listed.archive.forUser(scopeOf("acme", "eve")).createConversation("empty", 5);
      expect(await allIds(10)).toEqual(["c2"]);
    });

    test("stay in the list, marked, when they are cleared, and can be read as before", async () => {
      const { user } = scopeOf("acme", "ann");
      await say("ann", "c1");
      await say("bob", "c2");
      const before = await acme.messages(user, "c1", { limit: 10 });
      expect(before?.messages.map(({ content }) => content)).toEqual([
        "question in c1",
        expect.stringContaining("answer of"),
      ]);
      await listed.archive.forUser(scopeOf("acme", "ann")).clear("c1", 9);
      expect(await listed.archive.forUser(scopeOf("acme", "ann")).messages("c1", { limit: 10 })).toBeNull();
      const { conversations } = await acme.list({ limit: 10 });
      const marks = new Map(conversations.map(({ id, clearedAt }) => [id, clearedAt]));
      expect(marks).toEqual(
        new Map([
          ["c1", 9],
          ["c2", undefined],
        ]),
      );
      expect((await acme.usersOf("c1")).map((scope) => scope.user)).toEqual(["ann"]);
      expect(await acme.messages(user, "c1", { limit: 10 })).toEqual({ ...before, clearedAt: 9 });
    });

    test("are read page by page, by whoever's they are alone", async () => {
      const { user } = scopeOf("acme", "ann");
      await say("ann", "c1");
      await say("bob", "c2");
      const last = await acme.messages(user, "c1", { limit: 1 });
      expect(last).toMatchObject({ messages: [{ role: "assistant" }], more: true });
      const first = await acme.messages(user, "c1", { limit: 1, before: last?.messages[0]?.id ?? "" });
      expect(first).toMatchObject({ messages: [{ content: "question in c1" }], more: false });
      expect(await acme.messages(user, "c1", { limit: 1, before: "unknown" })).toEqual({
        messages: [],
        more: false,
      });
      expect(await acme.messages(user, "c2", { limit: 1 })).toBeNull();
    });

    test("are found by their id, whosever they are", async () => {
      await say("ann", "c1");
      await say("bob", "c1");
      await say("eve", "c1", "globex");
      expect((await acme.usersOf("c1")).map(({ user }) => user).toSorted()).toEqual(["ann", "bob"]);
      expect(await acme.usersOf("c")).toEqual([]);
    });
  });
}
