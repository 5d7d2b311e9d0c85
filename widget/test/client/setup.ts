import { createClient } from "../../src/client/index.ts";
import type { ChatClient, ChatClientOptions, ClientEvents } from "../../src/client/types.ts";
import { FakeGateway } from "./fake-gateway.ts";

/** A client at a fake gateway, and what it told. */
export interface Setup {
  readonly gateway: FakeGateway;
  readonly client: ChatClient;
  readonly frames: ClientEvents["frame"][];
  readonly states: ClientEvents["connection"][];
  /** The text of a reply as somebody reads it who appends what comes. */
  text(reply: string): string;
}

/** Makes a client that is not connected yet. */
export function makeClient(options: Partial<ChatClientOptions> = {}, gateway = new FakeGateway()): Setup {
  const { url, environment } = gateway;
  const client = createClient({ gateway: url, siteKey: "pk_test", environment, ...options });
  const frames: ClientEvents["frame"][] = [];
  const states: ClientEvents["connection"][] = [];
  client.on("frame", (frame) => frames.push(frame));
  client.on("connection", (state) => states.push(state));
  const text = (reply: string): string =>
    frames.reduce((read, frame) => {
      if (!("reply" in frame) || frame.reply !== reply) return read;
      if (frame.type === "token" && frame.channel === undefined) return read + frame.content;
      return frame.type === "snapshot" || frame.type === "response" ? frame.content : read;
    }, "");
  return { gateway, client, frames, states, text };
}

/** Makes a client that is live. */
export async function makeLiveClient(
  options: Partial<ChatClientOptions> = {},
  gateway = new FakeGateway(),
): Promise<Setup> {
  const setup = makeClient(options, gateway);
  await gateway.until(setup.client.connect());
  return setup;
}
