import type { ClientFrame, ServerFrame } from "@parlance/protocol";

type Handler<Event> = ((event: Event) => void) | null;

/** The gateway's end and the client's end of one WebSocket in memory. */
export class FakeSocket {
  onopen: Handler<unknown> = null;
  onmessage: Handler<{ data: string }> = null;
  onclose: Handler<{ code: number; reason: string }> = null;
  onerror: Handler<unknown> = null;
  readyState = 0;
  readonly url: string;
  readonly protocols: readonly string[];
  /** Frames that the client sent here, in order. */
  readonly received: ClientFrame[] = [];
  /** Replies whose frames this socket is sent. */
  readonly attached = new Set<string>();
  /** Half open: nothing arrives any more, in either direction, and nobody says so. */
  isSilent = false;
  isReady = false;
  private readonly deliver: (run: () => void) => void;
  private readonly onSend: (frame: ClientFrame) => void;

  constructor(
    url: string,
    protocols: readonly string[],
    wire: { deliver: (run: () => void) => void; onSend: (frame: ClientFrame) => void },
  ) {
    this.url = url;
    this.protocols = protocols;
    this.deliver = wire.deliver;
    this.onSend = wire.onSend;
  }

  /** The token that was offered. */
  get token(): string | undefined {
    return this.protocols.find((offer) => offer.startsWith("bearer."))?.slice("bearer.".length);
  }

  get isOpen(): boolean {
    return this.readyState === 1;
  }

  /** Called by the client. */
  send(text: string): void {
    if (!this.isOpen) throw new Error("InvalidStateError");
    this.deliver(() => {
      if (this.isSilent || !this.isOpen) return;
      const frame = JSON.parse(text) as ClientFrame;
      this.received.push(frame);
      this.onSend(frame);
    });
  }

  /** Called by the client. */
  close(): void {
    this.readyState = 3;
  }

  /** The upgrade went through. */
  accept(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({});
  }

  /** Sends a frame to the client. */
  push(frame: ServerFrame): void {
    this.raw(JSON.stringify(frame));
  }

  /** Sends any text to the client: the way around everything. */
  raw(data: string): void {
    this.deliver(() => {
      if (!this.isSilent && this.isOpen) this.onmessage?.({ data });
    });
  }

  /** The gateway closes, or the network does (1006). What was on its way is lost. */
  drop(code = 1006, reason = ""): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** Frames of one type that the client sent here. */
  sent<Type extends ClientFrame["type"]>(type: Type): Extract<ClientFrame, { type: Type }>[] {
    return this.received.filter(
      (frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type,
    );
  }
}
