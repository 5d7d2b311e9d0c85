import { PROTOCOL_LIMITS } from "@parlance/protocol";
import { createOutsideFetch } from "./adapters/https/outside-fetch.ts";
import { createSystemClock } from "./adapters/system/clock.ts";
import { createUuidV7Ids } from "./adapters/system/ids.ts";
import { createSystemRandomness } from "./adapters/system/randomness.ts";
import { adminRoutes } from "./admin/routes.ts";
import { agreeOnSettings } from "./agree-on-settings.ts";
import type { Config } from "./config.ts";
import { Cluster } from "./delivery/cluster/cluster.ts";
import { Connections } from "./delivery/connections.ts";
import { ConversationQueues } from "./delivery/conversation-queues.ts";
import { goaway } from "./delivery/goaway.ts";
import { JournalWriter } from "./delivery/journal-writer.ts";
import { LiveReplies } from "./delivery/live-replies.ts";
import { Pacer } from "./delivery/pacer.ts";
import { sweepOwedReplies } from "./delivery/sweep.ts";
import { resolveSecrets } from "./development-secrets.ts";
import { drain } from "./drain.ts";
import { type Gateway, type ServedDirectories, type Surroundings, shownAddress } from "./gateway.ts";
import { createHistory } from "./history/history.ts";
import { createIdentity } from "./identity.ts";
import { createTurnReservations } from "./limits/turn-reservations.ts";
import { type Booking, bookUsage, bookWaste, type WastedTokens } from "./llm/book-usage.ts";
import { CHEAPEST_CLAUDE, modelByName } from "./llm/models.ts";
import { createProviders } from "./model-providers.ts";
import { createPipeline, type Pipeline } from "./pipeline/pipeline.ts";
import type { TenantId } from "./ports/scope.ts";
import { seedTenants } from "./seed-tenants.ts";
import { chooseSocketServer } from "./socket-servers.ts";
import { openDurableStores, openHotStores } from "./stores.ts";
import { createLog } from "./telemetry/log.ts";
import { gatewayTracer } from "./telemetry/tracing.ts";
import { deriveKeys } from "./tenants/derived-keys.ts";
import { createTenantDirectory } from "./tenants/directory.ts";
import { createRegistry } from "./tenants/registry.ts";
import { resealSecrets } from "./tenants/reseal.ts";
import { createChatServer } from "./transport/chat-server.ts";
import { ENDED_VISITOR, ERASED_USER } from "./transport/revocation.ts";
import { createRouter } from "./transport/router.ts";
import { demoRoutes } from "./transport/routes/demo.ts";
import { operationRoutes } from "./transport/routes/operations.ts";
import { sessionRoutes } from "./transport/routes/sessions.ts";
import { tokenRoutes } from "./transport/routes/tokens.ts";
import { userMessageRoutes } from "./transport/routes/user-messages.ts";
import { widgetFileRoutes } from "./transport/routes/widget-files.ts";
import { SecondWheel } from "./transport/second-wheel.ts";
import { startUserRights } from "./user-rights.ts";

/**
 * Builds the gateway, from the outside in, and starts it. What starts here stops in `stop`, in the opposite
 * order.
 *
 * @param config the environment, checked
 * @param served where the widget's build and the demo's files are
 */
export async function startGateway(
  config: Config,
  served: ServedDirectories,
  surroundings: Surroundings = {},
): Promise<Gateway> {
  const log = createLog(config.logLevel);
  const clock = surroundings.clock ?? createSystemClock();
  const randomness = createSystemRandomness();
  const ids = createUuidV7Ids({ clock, randomness });
  const secrets = await resolveSecrets(config, randomness);

  const keys = deriveKeys(secrets.secret, secrets.previousSecret);

  const durable = await openDurableStores(config);
  const registry = createRegistry(durable.registry, {
    keys,
    failed: (error) => log.error({ err: error }, "a secret of the registry cannot be opened"),
  });
  const directory = createTenantDirectory(registry, clock, (error) =>
    log.error({ err: error }, "the registry cannot be read"),
  );
  const booking: Booking = {
    usage: durable.usage,
    settle: (tenant, reply, tokens) => budget.settle(tenant, reply, tokens),
    prices: async (tenant) => (await directory.tenant(tenant))?.prices ?? {},
    failed: (error) => log.error({ err: error }, "the usage of a reply could not be booked"),
  };
  const archive = bookUsage(durable.archive, booking);
  const wasted = (tenant: TenantId, waste: WastedTokens): Promise<void> =>
    bookWaste(tenant, waste, clock.now(), booking);
  const hot = await openHotStores(config, clock, (error) => log.error({ err: error }, "trouble with Redis"));
  const journal = hot.journal ?? durable.journal;
  if (journal === null) throw new Error("no store keeps the journal of running replies");
  let disagree = (): void => undefined;
  // Before anything is sealed: with another secret it would be lost to the others.
  if (hot.shared) {
    disagree = await agreeOnSettings(hot.instances, { secrets, archive: durable.identity }, (error) =>
      log.warn({ err: error }, "the other instances cannot be told what this one runs with"),
    );
  }
  if (secrets.previousSecret !== null) {
    const sealed = await resealSecrets(registry);
    log.info({ sealed }, "secrets of the registry are sealed under the current PARLANCE_SECRET");
  }
  const demo = await seedTenants(config, registry, {
    defaultModel: CHEAPEST_CLAUDE,
    clock,
    skipped: (tenant) => log.warn({ tenant }, "a seeded tenant was deleted and is not made again"),
  });

  const providers = createProviders(config);

  const identity = createIdentity({
    config,
    keys,
    registry,
    directory,
    durable,
    hot,
    outside: surroundings.outside ?? createOutsideFetch(),
    endedVisitor: (scope) => {
      cluster
        .withdraw(scope, "visitor")
        .catch((error: unknown) => log.error({ err: error }, "a visitor's sockets could not be ended"));
    },
    clock,
    ids,
    randomness,
    log,
  });
  const { keyUses, tokens, gates, budget, sessions, visitors, clientAddress, backEnds } = identity;
  if (!hot.shared) {
    const interrupted = await sweepOwedReplies({ archive, journal, clock, wasted });
    if (interrupted > 0) log.warn({ replies: interrupted }, "replies of a former run ended as interrupted");
  }

  const { summaries } = hot;
  const history = createHistory({ recent: hot.recent, session: hot.session, summaries, archive }, (error) =>
    log.warn({ err: error }, "a layer of history cannot be reached; the archive is read"),
  );
  const replies = new LiveReplies(clock);
  const pacer = new Pacer();
  const queues = new ConversationQueues({
    failed: (error) => log.error({ err: error }, "a reply's task failed"),
    emptied: (last) => cluster.emptied(last),
  });
  const connections = new Connections({
    left: (scope) => cluster.left(scope),
    abandoned: (scope) => {
      cluster
        .abandon(scope)
        .catch((error: unknown) => log.error({ err: error }, "a user's replies could not be given up"));
    },
  });
  const journalWriter = new JournalWriter({
    journal,
    replies,
    owns: (reply) => cluster.owns(reply),
    failed: (error) => log.error({ err: error }, "the journal cannot be written"),
  });
  const reservations = createTurnReservations({ limiter: hot.limiter, budget, archive, clock });
  let draining = false;
  const cluster: Cluster = new Cluster({
    self: ids.next(),
    bus: hot.bus,
    presence: hot.presence,
    leases: hot.leases,
    directory: hot.instances,
    archive,
    journal,
    connections,
    replies,
    queues,
    changed: pacer.changed,
    run: (reply) => pipeline.run(reply),
    endHere: (reply, reason) => pipeline.end(reply, reason),
    stopHere: (reply, reason) => pipeline.stop(reply, reason),
    withdrawHere: (scope, what) => {
      sessions.end(scope, what === "user" ? ERASED_USER : ENDED_VISITOR);
      if (what === "visitor") return;
      for (const reply of replies.forget(scope)) pipeline.stop(reply, "cancelled");
    },
    keepOwed: reservations.keepOwed,
    expectBack: async (scope) =>
      connections.expect(scope, (await directory.tenant(scope.tenant))?.abandonSeconds ?? 0),
    takeOverPolicy: async (tenant) => (await directory.tenant(tenant))?.takeOver ?? "restart",
    othersGone: () => userRights.othersGone(),
    wasted,
    draining: () => draining,
    clock,
    ids,
    log,
  });
  const pipeline: Pipeline = createPipeline({
    archive,
    history,
    summaries,
    directory,
    visitors,
    gates,
    reservations,
    answerCache: hot.answerCache,
    journal,
    providers,
    connections,
    cluster,
    replies,
    queues,
    wasted,
    changed: pacer.changed,
    draining: () => draining,
    clock,
    ids,
    tracer: gatewayTracer(),
    log,
  });

  const userRights = startUserRights({
    registry,
    durable,
    archive,
    hot,
    journal,
    visitors,
    cluster,
    clock,
    ids,
    log,
  });

  const wheel = new SecondWheel(() => clock.monotonic());
  const admission = {
    tokens,
    directory,
    connections,
    cluster,
    visitors,
    records: durable.records,
    gates,
    clientAddress,
    publicUrl: config.publicUrl,
    draining: () => draining,
  };
  const router = createRouter([
    ...operationRoutes(admission),
    ...sessionRoutes({
      ...identity,
      directory,
      archive,
      history,
      cluster,
      connections,
      publicUrl: config.publicUrl,
      clock,
      log,
      used: (key) => keyUses.note("site-key", key, key.id),
    }),
    ...userMessageRoutes({ ...backEnds, archive, history, connections, cluster, clock, ids }),
    ...tokenRoutes({ ...backEnds, tokens }),
    ...adminRoutes({
      adminKey: secrets.adminKey,
      registry,
      directory,
      keyUses,
      gates,
      clientAddress,
      audit: durable.audit,
      usage: durable.usage,
      conversations: durable.conversations,
      userRights,
      knownModel: (name) => modelByName(name) !== undefined,
      defaultModel: CHEAPEST_CLAUDE,
      clock,
      ids,
      randomness,
    }),
    ...(await widgetFileRoutes(served.widget)),
    ...(demo ? demoRoutes({ directories: served.demo, tokens, publicUrl: config.publicUrl }) : []),
  ]);
  const handlers = createChatServer({
    router,
    admission,
    chat: {
      archive,
      history,
      pipeline,
      cluster,
      connections,
      replies,
      directory,
      tokens,
      sessions,
      wheel,
      farewell: ({ abandonSeconds }) =>
        draining ? goaway({ abandonSeconds, drainSeconds: config.drainSeconds }) : null,
      clock,
      ids,
      log,
    },
  });
  const socketServer = (surroundings.chooseSocketServer ?? chooseSocketServer)(config.socketServer);
  if (socketServer.reason !== null)
    log.warn({ reason: socketServer.reason }, "ws serves in place of uWebSockets.js");
  const server = socketServer.create(handlers, {
    maxPayloadBytes: PROTOCOL_LIMITS.clientFrameBytes * 16,
    pendingUpgrades: 500,
  });
  await cluster.start();
  const { port } = await server.listen(config.host, config.port);

  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    draining = true;
    await drain({
      pipeline,
      cluster,
      replies,
      connections,
      directory,
      journalWriter,
      drainSeconds: config.drainSeconds,
    });
    await pipeline.close();
    await server.close();
    await userRights.close();
    disagree();
    await cluster.close();
    wheel.close();
    connections.close();
    journalWriter.close();
    pacer.close();
    replies.close();
    sessions.close();
    await keyUses.close();
    directory.close();
    await hot.close();
    await durable.close();
    log.flush();
  };

  const address = shownAddress(config.host, port);
  return {
    port,
    address,
    url: config.publicUrl ?? address,
    socketServer: { name: server.name, reason: socketServer.reason },
    newAdminKey: secrets.adminKeyIsNew ? secrets.adminKey : null,
    demo,
    answering: providers.has("anthropic") ? CHEAPEST_CLAUDE : "simulator",
    registry,
    log,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
