import type { InstanceDirectory, LiveInstance } from "../../ports/instance-directory.ts";
import type { Clock } from "../../ports/system.ts";

/** What holds until a moment of the clock that never goes back. */
interface Lasting<Value> {
  readonly value: Value;
  readonly until: number;
}

/** A directory of the instances in this process. */
export function createMemoryInstanceDirectory({ clock }: { clock: Clock }): InstanceDirectory {
  const instances = new Map<string, Lasting<LiveInstance>>();
  const agreements = new Map<string, Lasting<string>>();
  const lasting = <Value>(value: Value, seconds: number): Lasting<Value> => ({
    value,
    until: clock.monotonic() + seconds * 1000,
  });
  const holds = ({ until }: Lasting<unknown>): boolean => until > clock.monotonic();

  return {
    async beat({ id, draining }, seconds) {
      const known = instances.get(id);
      instances.set(id, lasting({ id, draining }, seconds));
      return known !== undefined && holds(known);
    },
    async leave(instance) {
      instances.delete(instance);
    },
    async alive() {
      for (const [id, instance] of instances) {
        if (!holds(instance)) instances.delete(id);
      }
      return [...instances.values()].map(({ value }) => value);
    },
    async agree(name, value, seconds) {
      const standing = agreements.get(name);
      if (standing !== undefined && holds(standing) && standing.value !== value) return standing.value;
      agreements.set(name, lasting(value, seconds));
      return value;
    },
  };
}
