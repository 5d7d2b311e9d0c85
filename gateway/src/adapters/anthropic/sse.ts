/** Told of one server-sent event: its name (`message` where it has none) and its data. */
export type OnEvent = (name: string, data: string) => void;

/** Puts lines together into server-sent events. An event that no blank line ends never happened. */
export class EventDecoder {
  readonly #onEvent: OnEvent;
  #name = "";
  #data: string | undefined;

  constructor(onEvent: OnEvent) {
    this.#onEvent = onEvent;
  }

  /** Takes one line, without its end. */
  line(line: string): void {
    if (line === "") this.#dispatch();
    else if (line.startsWith("data:")) {
      const value = valueAfter(line, 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (line.startsWith("event:")) this.#name = valueAfter(line, 6);
    // Comments, `id`, `retry` and fields yet to be invented mean nothing here.
  }

  #dispatch(): void {
    const name = this.#name;
    const data = this.#data;
    this.#name = "";
    this.#data = undefined;
    if (data !== undefined) this.#onEvent(name === "" ? "message" : name, data);
  }
}

/** A field's value: all after the colon but one leading blank. */
function valueAfter(line: string, colon: number): string {
  return line.charCodeAt(colon) === 0x20 ? line.slice(colon + 1) : line.slice(colon);
}
