import type { InstanceBus } from "../../ports/instance-bus.ts";

/** Who receives, by instance. */
type Receivers = Map<string, (message: string) => void>;

/**
 * A bus within this process, which is never away.
 *
 * @param receivers what several buses share, for gateways that run in one process
 */
export function createMemoryInstanceBus(receivers: Receivers = new Map()): InstanceBus {
  const own: Receivers = new Map();
  return {
    async receive(instance, handler) {
      if (receivers.has(instance)) throw new Error(`${instance} receives already`);
      receivers.set(instance, handler);
      own.set(instance, handler);
    },
    async send(instance, message) {
      const handler = receivers.get(instance);
      if (handler === undefined) return;
      // Never within the sender's own call, as it would be from afar.
      setImmediate(() => {
        if (receivers.get(instance) === handler) handler(message);
      });
    },
    onBack: () => () => undefined,
    async close() {
      for (const [instance, handler] of own) {
        if (receivers.get(instance) === handler) receivers.delete(instance);
      }
      own.clear();
    },
  };
}
