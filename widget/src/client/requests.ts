import type { ClientFrame, ServerFrame, ServerFrameOf, ServerFrameType } from "@parlance/protocol";
import { ClientFailure } from "./failure.ts";
import { asFrame, type WithoutId } from "./frame.ts";
import type { Scope } from "./scope.ts";

/** How long, in milliseconds, a request waits for its answer. */
const TIMEOUT_MS = 15_000;

/** What is answered by one frame under its id. */
export type RequestFrame = Exclude<ClientFrame, { type: "message" | "edit" | "regenerate" }>;

/** Frames that are answered under their id. */
export interface Requests {
  /** Sends and waits; rejects with a `ClientFailure` on refusal, time-out or loss of the connection. */
  send<Type extends ServerFrameType>(
    frame: WithoutId<RequestFrame>,
    answer: Type,
  ): Promise<ServerFrameOf<Type>>;
  /** Reads the answers out of what the gateway sends. */
  settle(frame: ServerFrame): void;
  /** Asks again what is still open, on the socket that took over from another. */
  resend(): void;
  /** The connection is lost: nothing will be answered. */
  rejectAll(): void;
}

/** Makes the requests of one client. `transmit` is false where no socket is live. */
export function createRequests(
  scope: Scope,
  nextId: () => string,
  transmit: (frame: ClientFrame) => boolean,
): Requests {
  interface Waiting {
    readonly frame: ClientFrame;
    readonly answer: ServerFrameType;
    settle(outcome: ServerFrame | ClientFailure): void;
  }
  const waiting = new Map<string, Waiting>();
  const lost = (message: string): ClientFailure => new ClientFailure({ code: "INTERNAL", message });

  return {
    send: <Type extends ServerFrameType>(content: WithoutId<RequestFrame>, answer: Type) =>
      new Promise<ServerFrameOf<Type>>((resolve, reject) => {
        const id = nextId();
        const frame = asFrame<ClientFrame>({ ...content, id });
        if (!transmit(frame)) return reject(lost("not connected"));
        const cancelTimeout = scope.after(TIMEOUT_MS, () =>
          settle(lost("the gateway did not answer in time")),
        );
        function settle(outcome: ServerFrame | ClientFailure): void {
          cancelTimeout();
          waiting.delete(id);
          if (outcome instanceof ClientFailure) reject(outcome);
          else resolve(outcome as ServerFrameOf<Type>);
        }
        waiting.set(id, { frame, answer, settle });
      }),
    settle(frame) {
      const request = "ref" in frame && frame.ref !== undefined ? waiting.get(frame.ref) : undefined;
      if (frame.type === "error") request?.settle(new ClientFailure(frame));
      else if (frame.type === request?.answer) request.settle(frame);
    },
    resend() {
      for (const { frame } of waiting.values()) transmit(frame);
    },
    rejectAll() {
      for (const request of [...waiting.values()]) request.settle(lost("the connection was lost"));
    },
  };
}
