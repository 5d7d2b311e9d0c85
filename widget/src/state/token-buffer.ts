import type { ServerFrameOf } from "@parlance/protocol";

type Token = ServerFrameOf<"token">;

/** Timers as a browser has them. */
export interface Timers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Text on its way to the screen, held back so that the screen changes at most 20 times a second. */
export interface TokenBuffer {
  /** Hands on at once what comes after a pause, and later, as one, what comes faster. */
  add(token: Token): void;
  /** Hands on what is held now, since something else is to be shown after it. */
  flush(): void;
  /** Lets go of what is held, and of the timer. */
  clear(): void;
}

/** Milliseconds between two changes of the screen while text streams. */
const INTERVAL_MS = 50;

/** Makes a buffer. `apply` gets one frame a reply, its content joined. */
export function createTokenBuffer(timers: Timers, apply: (tokens: readonly Token[]) => void): TokenBuffer {
  const held = new Map<string, Token>();
  let timer: unknown = null;

  function flush(): void {
    if (held.size === 0) return;
    const tokens = [...held.values()];
    held.clear();
    apply(tokens);
  }

  function wait(): void {
    timer = timers.setTimeout(() => {
      timer = null;
      if (held.size === 0) return;
      flush();
      wait();
    }, INTERVAL_MS);
  }

  return {
    add(token) {
      // What is not answer text counts in `seq` and has no place on the screen.
      const content = token.channel === undefined ? token.content : "";
      const { channel: _, ...text } = token;
      const former = held.get(token.reply);
      held.set(token.reply, { ...text, content: (former?.content ?? "") + content });
      if (timer !== null) return;
      flush();
      wait();
    },
    flush,
    clear() {
      held.clear();
      if (timer !== null) timers.clearTimeout(timer);
      timer = null;
    },
  };
}
