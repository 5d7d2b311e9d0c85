import type { Unsubscribe } from "./types.ts";

/** Listeners by event name. */
export interface Emitter<Events> {
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Unsubscribe;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
  clear(): void;
}

/** Makes an emitter. A listener that throws does not keep the others from being told. */
export function createEmitter<Events>(): Emitter<Events> {
  type Listener = (event: never) => void;
  const listeners = new Map<keyof Events, Set<Listener>>();
  return {
    on(name, listener) {
      const ofName = listeners.get(name) ?? new Set<Listener>();
      listeners.set(name, ofName.add(listener));
      return () => {
        ofName.delete(listener);
      };
    },
    emit(name, event) {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          listener(event as never);
        } catch (error) {
          // Told to the page as an uncaught error, but not in the middle of reading a frame.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    clear: () => listeners.clear(),
  };
}
