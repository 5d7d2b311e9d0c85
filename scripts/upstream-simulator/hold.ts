import type { Directives } from "./directives.ts";

/** A stream that waits, once it has sent so many tokens, until it may send more. */
export class Hold {
  #most: number;
  #next: (() => void) | undefined;

  /** @param most tokens that may be sent; undefined is as many as there are */
  constructor({ holdAfter }: Pick<Directives, "holdAfter">) {
    this.#most = holdAfter ?? Number.POSITIVE_INFINITY;
  }

  /** Calls back as soon as more than so many tokens may be sent: at once, or when enough is let go. */
  pass(sent: number, next: (waited: boolean) => void): void {
    if (sent < this.#most) {
      next(false);
      return;
    }
    this.#next = () => {
      if (sent >= this.#most) return;
      this.#next = undefined;
      next(true);
    };
  }

  /** Lets so many tokens more be sent than were allowed until now. */
  letGo(tokens: number): void {
    this.#most += tokens;
    this.#next?.();
  }
}
