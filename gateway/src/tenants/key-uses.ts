import type { KeyUse, RegistryStore } from "../ports/registry-store.ts";
import type { Clock } from "../ports/system.ts";

/** Milliseconds between writes of what was used. */
const WRITE_MILLISECONDS = 10_000;

/** Remembers when keys are used, and writes it now and then, so that no request waits for it. */
export interface KeyUses {
  note(kind: KeyUse["kind"], key: { readonly tenant: string }, id: string): void;
  /** Writes what was noted, and stops. */
  close(): Promise<void>;
}

/** @param failed told of a write that failed: what was noted is tried again with the next */
export function createKeyUses(
  registry: RegistryStore,
  clock: Clock,
  failed: (error: unknown) => void,
): KeyUses {
  let noted = new Map<string, KeyUse>();
  let writing: Promise<void> = Promise.resolve();
  const write = async (): Promise<void> => {
    const uses = noted;
    if (uses.size === 0) return;
    noted = new Map();
    try {
      await registry.used([...uses.values()]);
    } catch (error) {
      noted = new Map([...uses, ...noted]);
      failed(error);
    }
  };
  const timer = setInterval(() => {
    writing = writing.then(write);
  }, WRITE_MILLISECONDS);
  return {
    note(kind, { tenant }, id) {
      noted.set(JSON.stringify([kind, tenant, id]), { kind, tenant, id, at: clock.now() });
    },
    async close() {
      clearInterval(timer);
      await writing;
      await write();
    },
  };
}
