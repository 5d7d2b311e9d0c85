import { isDeepStrictEqual } from "node:util";
import type { ServerFrame } from "@parlance/protocol";
import type { GatewayProcess } from "../../../../gateway/test/live/support/gateway-process.ts";
import { until } from "../../../../gateway/test/ports/support/until.ts";
import { createClient } from "../../../src/client/index.ts";
import { type ChatStore, createChatStore } from "../../../src/state/index.ts";

/** A tab without a page: the widget's own client and state, on one instance of several. */
export interface InstanceTab {
  readonly store: ChatStore;
  /** Every frame so far. */
  readonly frames: readonly ServerFrame[];
  /** How often it was asked to come back. */
  readonly comeBacks: number;
  close(): void;
}

/** Opens one and waits until it is live. */
export async function openInstanceTab(gateway: GatewayProcess, token: string): Promise<InstanceTab> {
  const expiresAt = new Date(Date.now() + 600_000).toISOString();
  const url = `http://127.0.0.1:${gateway.port}`;
  const client = createClient({ gateway: url, token: async () => ({ token, expiresAt }) });
  const frames: ServerFrame[] = [];
  client.on("frame", (frame) => frames.push(frame));
  const store = createChatStore({ client, now: Date.now });
  await client.connect();
  return {
    store,
    frames,
    get comeBacks() {
      return frames.filter(({ type }) => type === "goaway").length;
    },
    close() {
      store.dispose();
      client.destroy();
    },
  };
}

/** The conversation as a tab shows it. */
export function screenOf({ store }: InstanceTab): unknown {
  const { conversation, messages } = store.snapshot.peek();
  const shown = messages.map(({ id, role, content, progress, delivery }) => ({
    id,
    role,
    content,
    progress,
    sent: delivery === undefined || delivery === "sent",
  }));
  return { conversation, messages: shown };
}

/** Waits until tabs show the same, and what is wanted. */
export async function untilSame(
  tabs: readonly InstanceTab[],
  wanted: (shown: ReturnType<ChatStore["snapshot"]["peek"]>) => boolean,
): Promise<void> {
  await until(() => {
    const [first, ...others] = tabs.map(screenOf);
    return (
      tabs.every(({ store }) => wanted(store.snapshot.peek())) &&
      others.every((other) => isDeepStrictEqual(other, first))
    );
  });
}
