import { StringDecoder } from "node:string_decoder";

/** Longest line taken, in UTF-16 units: far beyond any event, and what a broken peer may make us hold. */
const LONGEST_LINE = 1_048_576;

/** A line grew longer than any event is. */
export class EndlessLine extends Error {
  constructor() {
    super("the provider sent a line that does not end");
    this.name = "EndlessLine";
  }
}

/** Puts bytes together into lines, wherever the network has cut them: in a line, a character or a CRLF. */
export class LineDecoder {
  readonly #utf8 = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";
  #first: boolean = true;
  /** The text so far ended in CR: an LF that follows belongs to it. */
  #afterReturn: boolean = false;

  /** @param onLine told of each line, without its end */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Takes more bytes, and tells of the lines that they complete. Throws {@link EndlessLine}. */
  push(bytes: Uint8Array): void {
    let text = this.#utf8.write(bytes);
    if (text === "") return;
    if (this.#first) {
      this.#first = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (this.#afterReturn) {
      this.#afterReturn = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    const searched = this.#rest.length;
    if (searched > 0) text = this.#rest + text;
    this.#rest = text.includes("\r", searched) ? this.#splitAnyEnds(text) : this.#split(text, searched);
    if (this.#rest.length > LONGEST_LINE) throw new EndlessLine();
  }

  #split(text: string, searched: number): string {
    let start = 0;
    let end = text.indexOf("\n", searched);
    while (end !== -1) {
      this.#onLine(text.slice(start, end));
      start = end + 1;
      end = text.indexOf("\n", start);
    }
    return start === 0 ? text : text.slice(start);
  }

  #splitAnyEnds(text: string): string {
    const lines = text.split(/\r\n|\n|\r/);
    const rest = lines.pop() ?? "";
    for (const line of lines) this.#onLine(line);
    this.#afterReturn = text.endsWith("\r");
    return rest;
  }
}
