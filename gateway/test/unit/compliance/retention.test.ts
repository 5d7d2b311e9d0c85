import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createMemoryConversationSummaries } from "../../../src/adapters/memory/conversation-summaries.ts";
import { createMemoryMessageLayer } from "../../../src/adapters/memory/message-layer.ts";
import { createSqliteArchive } from "../../../src/adapters/sqlite/archive.ts";
import { openSqlite, type SqliteDatabase } from "../../../src/adapters/sqlite/database.ts";
import { createSqliteRecords } from "../../../src/adapters/sqlite/records.ts";
import { createSqliteReplyJournal } from "../../../src/adapters/sqlite/reply-journal.ts";
import { RetentionTimer, sweepRetention, type TenantRetention } from "../../../src/compliance/retention.ts";
import { createHistory } from "../../../src/history/history.ts";
import { RECENT_LAYER, SESSION_LAYER } from "../../../src/ports/message-layer.ts";
import { accepted, end, turn } from "../../ports/archive/turns.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";

const DAY = 24 * 60 * 60 * 1000;

describe("a sweep of what is too old", () => {
  const clock = manualClock();
  const daysAgo = (days: number): number => clock.now() - days * DAY;
  let database: SqliteDatabase;
  beforeEach(async () => {
    database = await openSqlite(":memory:");
  });
  afterEach(() => database.close());

  const stage = (tenants: readonly TenantRetention[]) => {
    const held = { clock, maxConversations: 1_000 };
    const archive = createSqliteArchive(database);
    const recent = createMemoryMessageLayer({ bounds: RECENT_LAYER, ...held });
    const session = createMemoryMessageLayer({ bounds: SESSION_LAYER, ...held });
    const summaries = createMemoryConversationSummaries(held);
    const records = createSqliteRecords(database);
    const journal = createSqliteReplyJournal(database);
    const history = createHistory({ recent, session, summaries, archive }, (error) => {
      throw error;
    });
    const services = {
      records,
      layers: [recent, session],
      summaries,
      journal,
      async *tenants() {
        yield* tenants;
      },
      clock,
    };
    return { archive, history, summaries, journal, records, services };
  };
  const person = (tenant: string) => scopeOf(tenant, "mary");
  const retention = (tenant: string, retentionDays: number | null): TenantRetention => ({
    tenant: person(tenant).tenant,
    retentionDays,
  });

  test("takes it from the archive and from every layer, tenant by tenant, and keeps what is not", async () => {
    const { archive, history, summaries, services } = stage([
      retention("a month", 30),
      retention("for ever", null),
      retention("a year", 365),
    ]);
    const asked = new Map<string, string>();
    for (const tenant of ["a month", "for ever", "a year"]) {
      const scope = person(tenant);
      const user = archive.forUser(scope);
      for (const days of [40, 1]) {
        const { conversation, reply } = await accepted(user, turn(`${days} days ago`, { at: daysAgo(days) }));
        await user.endReply(end(reply, { at: daysAgo(days) }));
        asked.set(tenant, conversation);
      }
      const conversation = asked.get(tenant) ?? "";
      await history.page(scope, conversation, { limit: 10 });
      await history.upTo(scope, { conversation, message: "none", position: 2 });
      const claim = (await summaries.claim(scope, conversation, 60)) ?? "";
      await summaries.write(scope, conversation, { text: "40 days ago", position: 1 }, claim);
    }
    expect(await sweepRetention(services)).toEqual({ tenants: 2, conversations: 1, messages: 2 });
    const texts = async (tenant: string) => {
      const conversation = asked.get(tenant) ?? "";
      const page = await history.page(person(tenant), conversation, { limit: 10 });
      const context = await history.upTo(person(tenant), { conversation, message: "", position: 9 });
      return {
        shown: page?.messages.filter(({ role }) => role === "user").map(({ content }) => content),
        summary: context.summary?.text ?? null,
      };
    };
    expect(await texts("a month")).toEqual({ shown: ["1 days ago"], summary: null });
    const all = { shown: ["40 days ago", "1 days ago"], summary: "40 days ago" };
    expect(await texts("for ever")).toEqual(all);
    expect(await texts("a year")).toEqual(all);
    expect(await sweepRetention(services)).toEqual({ tenants: 2, conversations: 0, messages: 0 });
  });

  test("goes through more than one batch of conversations", async () => {
    const { archive, services } = stage([retention("t", 7)]);
    const user = archive.forUser(person("t"));
    for (let number = 0; number < 230; number++) {
      await user.createConversation(`c${number}`, daysAgo(20));
      const request = turn("old", { conversation: `c${number}`, at: daysAgo(20) });
      const { reply } = await accepted(user, request);
      await user.endReply(end(reply, { at: daysAgo(20) }));
    }
    expect(await sweepRetention(services)).toEqual({ tenants: 1, conversations: 230, messages: 460 });
    expect((await user.conversations({ limit: 5 })).conversations).toEqual([]);
  });

  test("that is stopped stops after its batch", async () => {
    const { services } = stage([retention("t", 7)]);
    expect(await sweepRetention(services, AbortSignal.abort())).toMatchObject({ tenants: 0 });
  });

  test("forgets that somebody was erased, after thirty days", async () => {
    const { records, services } = stage([]);
    const mary = records.forUser(person("t"));
    const { id } = await mary.begin({ id: "e", by: "ops", at: daysAgo(32) });
    await mary.finish(id, daysAgo(29));
    await sweepRetention(services);
    expect(await mary.erasure()).not.toBeNull();
    clock.advance(2 * DAY);
    await sweepRetention(services);
    expect(await mary.erasure()).toBeNull();
  });
});

describe("the timer of sweeps", () => {
  test("sweeps by itself, tells of what fails, and ends once nothing runs", async () => {
    const swept = Promise.withResolvers<AbortSignal>();
    const ended = Promise.withResolvers<void>();
    const failures: unknown[] = [];
    const timer = new RetentionTimer({
      async sweep(signal) {
        swept.resolve(signal);
        await ended.promise;
        throw new Error("the disk is full");
      },
      failed: (error) => failures.push(error),
      random: () => 0,
    });
    const signal = await swept.promise;
    const closed = timer.close();
    expect(signal.aborted).toBe(true);
    ended.resolve();
    await closed;
    expect(failures).toEqual([new Error("the disk is full")]);
  });
});
