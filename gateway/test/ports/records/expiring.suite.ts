import { describe, expect, test } from "@jest/globals";
import type { ExpiredBatch } from "../../../src/ports/records.ts";
import type { TenantId } from "../../../src/ports/scope.ts";
import { accepted, end, type exchange, idsIn, turn } from "../archive/turns.ts";
import { scopeOf } from "../support/scopes.ts";
import { allKept, erase, freshId, type RecordsUnderTest } from "./people.ts";

const OLD = 1_500_000_000_000;
const CUT = 1_600_000_000_000;
const NEW = 1_650_000_000_000;

/** What is too old goes, and nothing else. */
export function expiringSuite({ opened, newPerson }: RecordsUnderTest): void {
  const sweep = async (tenant: string, limit = 2): Promise<Omit<ExpiredBatch, "next">> => {
    const conversations: ExpiredBatch["conversations"][number][] = [];
    let messages = 0;
    let after: string | null | undefined;
    do {
      const batch = await opened().records.expire(tenant as TenantId, {
        before: CUT,
        limit,
        ...(after ? { after } : {}),
      });
      conversations.push(...batch.conversations);
      messages += batch.messages;
      after = batch.next;
    } while (after !== null);
    return { conversations, messages };
  };
  const said = (at: number, conversation?: string) => async (archive: Parameters<typeof exchange>[0]) => {
    const request = turn(`said at ${at}`, { at, ...(conversation === undefined ? {} : { conversation }) });
    const result = await accepted(archive, request);
    await archive.endReply(end(result.reply, { at: at + 1, content: `answered at ${at}` }));
    return { ...result, client: request.clientId };
  };

  describe("retention", () => {
    test("takes turns that are too old, and leaves the later ones as if they were all there had been", async () => {
      const tenant = freshId("tenant");
      const { archive, records, scope } = newPerson(tenant);
      const first = await said(OLD)(archive);
      const late = await accepted(archive, turn("asked before, answered after", { at: CUT - 1 }));
      await archive.endReply(end(late.reply, { at: CUT + 1 }));
      const last = await said(NEW)(archive);
      expect(await sweep(tenant)).toEqual({
        conversations: [{ ...scope, conversation: first.conversation }],
        messages: 2,
      });
      const left = [late.message, late.reply, last.message, last.reply];
      expect(await idsIn(archive, first.conversation)).toEqual(left);
      expect((await allKept(records)).get(first.conversation)?.map(({ id }) => id)).toEqual(left);
      expect((await archive.conversations({ limit: 5 })).conversations).toMatchObject([
        { title: "asked before, answered after", preview: `answered at ${NEW}` },
      ]);
      expect(await archive.accepted(first.client)).toBeNull();
      expect(await archive.accepted(last.client)).not.toBeNull();
      expect(await archive.reply(first.reply)).toBeNull();
      const next = await accepted(archive, turn("next", { conversation: first.conversation, at: NEW }));
      expect(next.position).toBe(last.position + 1);
      expect(await sweep(tenant)).toEqual({ conversations: [], messages: 0 });
    });

    test("takes conversations of which nothing is left, cleared and empty ones too, and users with them", async () => {
      const tenant = freshId("tenant");
      const { archive, records } = newPerson(tenant);
      await archive.createConversation("empty", OLD);
      await archive.createConversation("cleared", OLD);
      await said(OLD, "cleared")(archive);
      await archive.clear("cleared", OLD);
      const { message } = await said(OLD + 5, "empty")(archive);
      await archive.accept(turn("edited", { kind: "edit", target: message, at: OLD + 6 }));
      const [open] = await archive.openReplies();
      await archive.endReply(end(open?.reply ?? "", { at: OLD + 7 }));
      await archive.createConversation("new and empty", NEW);
      expect((await sweep(tenant)).messages).toBe(6);
      expect([...(await allKept(records)).keys()]).toEqual(["new and empty"]);
      expect(await archive.latestConversation()).toBe("new and empty");
    });

    test("leaves what is owed, and takes it once it has ended and is old", async () => {
      const tenant = freshId("tenant");
      const { archive } = newPerson(tenant);
      const owed = await accepted(archive, turn("still open", { at: OLD }));
      expect(await sweep(tenant)).toEqual({ conversations: [], messages: 0 });
      expect(await archive.openReplies()).toHaveLength(1);
      expect(await archive.endReply(end(owed.reply, { at: OLD + 1 }))).toBe(true);
      expect((await sweep(tenant)).messages).toBe(2);
      expect(await archive.latestConversation()).toBeNull();
    });

    test("goes through many users in small batches, and leaves other tenants alone", async () => {
      const [tenant, other] = [freshId("tenant"), freshId("tenant")];
      const people = [tenant, tenant, tenant, other].map((of) => newPerson(of));
      for (const { archive } of people) {
        for (const conversation of ["a", "b", "c"]) {
          await archive.createConversation(conversation, OLD);
          await said(OLD, conversation)(archive);
        }
        await said(NEW, "b")(archive);
      }
      const swept = await sweep(tenant, 1);
      expect(swept.messages).toBe(18);
      expect(
        new Set(swept.conversations.map(({ user, conversation }) => `${user} ${conversation}`)).size,
      ).toBe(9);
      for (const { archive, scope } of people) {
        const { conversations } = await archive.conversations({ limit: 10 });
        expect(conversations.map(({ id }) => id).sort()).toEqual(
          scope.tenant === tenant ? ["b"] : ["a", "b", "c"],
        );
      }
    });

    test("lets a user come back whom it had forgotten, and takes them again", async () => {
      const tenant = freshId("tenant");
      const { archive } = newPerson(tenant);
      for (let round = 0; round < 3; round++) {
        const { position } = await said(OLD + round)(archive);
        expect(position).toBe(1);
        expect((await sweep(tenant)).messages).toBe(2);
      }
      await said(OLD)(archive);
      await said(NEW)(archive);
      await said(OLD + 9)(archive);
      expect((await sweep(tenant)).messages).toBe(2);
    });

    test("leaves users who are being erased to their erasure, and sweeps who came back", async () => {
      const tenant = freshId("tenant");
      const { archive, records, scope } = newPerson(tenant);
      await said(OLD)(archive);
      await records.begin({ id: freshId("erasure"), by: "ops", at: OLD + 10 });
      expect(await sweep(tenant)).toEqual({ conversations: [], messages: 0 });
      expect(await erase(records, OLD + 20)).toMatchObject({ counts: { messages: 2 } });
      await said(OLD + 30)(archive);
      expect(await sweep(tenant)).toMatchObject({ messages: 2, conversations: [{ user: scope.user }] });
      expect(opened().records.forUser(scopeOf(tenant, scope.user))).toBeDefined();
    });
  });
}
