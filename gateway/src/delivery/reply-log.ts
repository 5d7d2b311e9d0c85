/**
 * The text of one reply as the model's chunks, numbered from 1. While it runs it is a list of chunks, so that
 * a token costs no copy; sealed, it is one string and the ends of its chunks.
 */
export class ReplyLog {
  #chunks: string[] = [];
  #blurred: { readonly from: number; readonly to: number } | null = null;
  #sealed: { readonly text: string; readonly ends: Uint32Array } | null = null;

  /** Chunks so far. */
  get seq(): number {
    return this.#sealed === null ? this.#chunks.length : this.#sealed.ends.length;
  }

  /** Adds the next chunk. */
  append(chunk: string): void {
    this.#chunks.push(chunk);
  }

  /** Adds the text of so many chunks, of which it is not known where each ends. */
  appendBlurred(text: string, chunks: number): void {
    const characters = [...text];
    this.#blurred = { from: this.#blurred?.from ?? this.seq, to: this.seq + chunks };
    for (let chunk = 0; chunk < chunks; chunk++) {
      const cut = (index: number): number => Math.floor((characters.length * index) / chunks);
      this.append(characters.slice(cut(chunk), cut(chunk + 1)).join(""));
    }
  }

  /** Whether someone who holds the chunks up to that number can be told what follows, rather than everything. */
  continuesAfter(chunk: number): boolean {
    if (chunk > this.seq) return false;
    return this.#blurred === null || chunk <= this.#blurred.from || chunk >= this.#blurred.to;
  }

  /** The text of the chunks after number `from`, up to number `to`. */
  slice(from: number, to: number): string {
    if (this.#sealed !== null) {
      return this.#sealed.text.slice(this.#endOf(from), this.#endOf(to));
    }
    if (to === from + 1) return this.#chunks[from] ?? "";
    return this.#chunks.slice(from, to).join("");
  }

  /** The chunks after number `from`, as they are. */
  chunksAfter(from: number): string[] {
    if (this.#sealed === null) return this.#chunks.slice(from);
    return Array.from({ length: this.seq - from }, (_, index) => this.slice(from + index, from + index + 1));
  }

  /** The whole text. */
  text(): string {
    return this.#sealed === null ? this.#chunks.join("") : this.#sealed.text;
  }

  /** How many chunks after number `from` fit into `characters`, at least one where there is one. */
  fitting(from: number, characters: number): number {
    let to = from;
    let length = 0;
    while (to < this.seq) {
      length += this.slice(to, to + 1).length;
      if (length > characters && to > from) break;
      to++;
    }
    return to;
  }

  /** No chunk follows: keep it small. */
  seal(): void {
    if (this.#sealed !== null) return;
    const ends = new Uint32Array(this.#chunks.length);
    let end = 0;
    this.#chunks.forEach((chunk, index) => {
      end += chunk.length;
      ends[index] = end;
    });
    this.#sealed = { text: this.#chunks.join(""), ends };
    this.#chunks = [];
  }

  #endOf(chunk: number): number {
    return chunk === 0 ? 0 : (this.#sealed?.ends[chunk - 1] ?? 0);
  }
}
