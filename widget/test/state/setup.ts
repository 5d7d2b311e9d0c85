import { type ChatStore, createChatStore } from "../../src/state/store.ts";
import { makeClient, type Setup } from "../client/setup.ts";
import { short } from "./frames.ts";

/** A store on a client at a fake gateway. */
export type Live = Setup & { store: ChatStore };

/** Makes a store that is connected. */
export async function makeStore(options: Partial<Parameters<typeof createChatStore>[0]> = {}): Promise<Live> {
  const setup = makeClient();
  const { clock } = setup.gateway;
  const store = createChatStore({ client: setup.client, now: clock.now, timers: clock, ...options });
  store.actions.connect();
  await clock.advance(0);
  return { ...setup, store };
}

/** The list on the screen in short. */
export const shown = ({ store }: Live): string[] => short(store.snapshot.value);
