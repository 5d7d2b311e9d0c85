import type { LiveReply, ReplyReader } from "../live-reply.ts";
import type { Peers } from "./peers.ts";

/** Another instance's place in a reply that runs here: it is sent the chunks as they are, for its own sockets. */
export class PeerReader implements ReplyReader {
  readonly instance: string;
  readonly #reply: LiveReply;
  readonly #peers: Peers;
  #sent: number;
  #started = false;
  #ended = false;

  /** @param after chunks that the other instance holds already */
  constructor(reply: LiveReply, instance: string, peers: Peers, after: number) {
    this.#reply = reply;
    this.instance = instance;
    this.#peers = peers;
    this.#sent = after;
  }

  advance(): void {
    const { id: r, epoch: e, log, state, cached, outcome, trouble } = this.#reply;
    if (this.#ended) return;
    if (!this.#started && state !== "queued") {
      this.#started = true;
      this.#peers.tell(this.instance, { t: "start", r, e });
    }
    if (this.#sent < log.seq) {
      if (cached) this.#peers.tell(this.instance, { t: "cached", r, e, c: log.text() });
      else
        this.#peers.tell(this.instance, { t: "chunks", r, e, s: this.#sent, c: log.chunksAfter(this.#sent) });
      this.#sent = log.seq;
    }
    if (state === "ended" && outcome !== null) {
      this.#ended = true;
      this.#peers.tell(this.instance, { t: "end", r, e, s: log.seq, outcome, trouble });
      this.#reply.readers.delete(this);
    }
  }

  restarted(): void {
    this.#sent = 0;
    this.#started = false;
  }
}
