/** Passes text on in whole characters: half a surrogate pair at the end of a piece waits for its other half. */
export class WholeCharacters {
  #held = "";

  /** The text that may go on now; empty where nothing may. */
  push(text: string): string {
    let whole = this.#held === "" ? text : this.#held + text;
    this.#held = "";
    const last = whole.charCodeAt(whole.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#held = whole.slice(-1);
      whole = whole.slice(0, -1);
    }
    return whole.isWellFormed() ? whole : whole.toWellFormed();
  }

  /** What is left at the end: a half whose other half never came is U+FFFD. */
  flush(): string {
    const left = this.#held.toWellFormed();
    this.#held = "";
    return left;
  }
}
