import type { Config } from "./config.ts";
import { type Challenges, createChallenges } from "./limits/challenges.ts";
import { createGates, type Gates } from "./limits/gates.ts";
import { createTokenBudget, type TokenBudget } from "./limits/token-budget.ts";
import type { OutsideFetch } from "./ports/outside-fetch.ts";
import type { RegistryStore } from "./ports/registry-store.ts";
import type { Scope } from "./ports/scope.ts";
import type { Clock, Ids, Randomness } from "./ports/system.ts";
import type { DurableStores, HotStores } from "./stores.ts";
import type { Log } from "./telemetry/log.ts";
import type { DerivedKeys } from "./tenants/derived-keys.ts";
import type { TenantDirectory } from "./tenants/directory.ts";
import { createKeySets } from "./tenants/jwks.ts";
import { createKeyUses, type KeyUses } from "./tenants/key-uses.ts";
import { createTokens, type Tokens } from "./tenants/tokens.ts";
import { createVisitorTokens } from "./tenants/visitor-tokens.ts";
import { createVisitors, type Visitors } from "./tenants/visitors.ts";
import type { BackEndKeyServices } from "./transport/back-end-key.ts";
import { type ClientAddress, createClientAddress } from "./transport/client-address.ts";
import { OpenSessions } from "./transport/revocation.ts";

/** What knows who speaks, and whether they may. */
export interface Identity {
  readonly keyUses: KeyUses;
  readonly tokens: Tokens;
  readonly visitors: Visitors;
  readonly gates: Gates;
  readonly budget: TokenBudget;
  readonly challenges: Challenges;
  readonly sessions: OpenSessions;
  readonly clientAddress: ClientAddress;
  readonly backEnds: BackEndKeyServices;
}

/** Puts together what knows who speaks. Part of the composition: `compose.ts` calls it, and ends what it made. */
export function createIdentity(parts: {
  config: Config;
  keys: DerivedKeys;
  registry: RegistryStore;
  directory: TenantDirectory;
  durable: Pick<DurableStores, "visitorFamilies" | "audit" | "usage">;
  hot: Pick<HotStores, "addressLimiter" | "budgets">;
  outside: OutsideFetch;
  /** Told of a visitor whose tokens and sessions hold no more. */
  endedVisitor(scope: Scope): void;
  clock: Clock;
  ids: Ids;
  randomness: Randomness;
  log: Log;
}): Identity {
  const { config, keys, registry, directory, durable, hot, outside, clock, ids, randomness, log } = parts;
  const keyUses = createKeyUses(registry, clock, (error) =>
    log.warn({ err: error }, "when keys were used cannot be written; it is tried again"),
  );
  const tokens = createTokens({
    keys,
    directory,
    keySets: createKeySets({ outside, clock }),
    clock,
    used: (key) => keyUses.note("signing-key", key, key.kid),
  });
  const gates = createGates({
    limiter: hot.addressLimiter,
    exemptLoopback: !config.production,
    failed: (error) => log.warn({ err: error }, "gates stand open: attempts cannot be counted"),
  });
  const challenges = createChallenges({
    keys: keys.accepted("challenge"),
    limiter: hot.addressLimiter,
    outside,
    clock,
    randomness,
  });
  const sessions = new OpenSessions({
    directory,
    clock,
    failed: (error) => log.error({ err: error }, "whether open sockets still stand cannot be read"),
  });
  const visitors = createVisitors({
    tokens: createVisitorTokens({ keys, clock }),
    families: durable.visitorFamilies,
    audit: durable.audit,
    clock,
    ids,
    randomness,
    ended: parts.endedVisitor,
  });

  const clientAddress = createClientAddress(config.trustedProxies);
  return {
    keyUses,
    tokens,
    visitors,
    gates,
    budget: createTokenBudget({ budgets: hot.budgets, usage: durable.usage, clock }),
    challenges,
    sessions,
    clientAddress,
    backEnds: {
      directory,
      gates,
      clientAddress,
      used: (key) => keyUses.note("api-key", key, key.id),
    },
  };
}
