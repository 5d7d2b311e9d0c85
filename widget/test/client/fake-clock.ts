import type { Timers } from "../../src/state/token-buffer.ts";

/** Lets everything run that waits for no timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
}

/** Time that moves only when a test moves it, and knows which timers are still set. */
export class FakeClock implements Timers {
  private time = Date.parse("2026-01-01T00:00:00Z");
  private count = 0;
  private readonly timers = new Map<number, { at: number; callback: () => void }>();

  now = (): number => this.time;

  setTimeout = (callback: () => void, milliseconds: number): number => {
    this.timers.set(++this.count, { at: this.time + Math.max(0, milliseconds), callback });
    return this.count;
  };

  clearTimeout = (timer: unknown): void => {
    this.timers.delete(timer as number);
  };

  /** How many timers are set. */
  get pending(): number {
    return this.timers.size;
  }

  /** Moves time on, running each timer at its moment, in order, and all that follows from it. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.time + milliseconds;
    await settle();
    for (;;) {
      const [next] = [...this.timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      const [id, { at, callback }] = next;
      this.timers.delete(id);
      this.time = Math.max(this.time, at);
      callback();
      await settle();
    }
    this.time = until;
  }

  /** Moves time on without running what came due: a machine that slept. */
  sleep(milliseconds: number): void {
    this.time += milliseconds;
  }
}
