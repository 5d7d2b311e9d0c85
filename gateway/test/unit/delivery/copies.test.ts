import { expect, test } from "@jest/globals";
import { Copies } from "../../../src/delivery/cluster/copies.ts";
import type { ClusterParts } from "../../../src/delivery/cluster/parts.ts";
import type { PeerMessage } from "../../../src/delivery/cluster/peer-messages.ts";
import type { Peers } from "../../../src/delivery/cluster/peers.ts";
import { Connections } from "../../../src/delivery/connections.ts";
import { LiveReplies } from "../../../src/delivery/live-replies.ts";
import type { OwedReply } from "../../../src/ports/archive.ts";
import { manualClock } from "../../ports/support/manual-clock.ts";
import { scopeOf } from "../../ports/support/scopes.ts";
import { newReader } from "./reading.ts";

test("a reply that is being accepted here is not shown because its owner tells of it: its ack comes first", () => {
  const scope = scopeOf("acme", "ada");
  const connections = new Connections({ left: () => undefined, abandoned: () => undefined });
  const replies = new LiveReplies(manualClock());
  const told: PeerMessage[] = [];
  const parts = { connections, replies, changed: () => undefined } as unknown as ClusterParts;
  const peers = { tell: (_to: string, message: PeerMessage) => told.push(message) } as unknown as Peers;
  const copies = new Copies(parts, () => peers, {
    fill: async () => undefined,
    heldUp: () => false,
    isMember: () => true,
  });
  const { socket, outbox } = newReader();
  connections.live(connections.register(scope), outbox, 0);
  const announce = (reply: string): void => {
    const owed: OwedReply = {
      ...scope,
      conversation: "talk",
      message: "question",
      position: 1,
      epoch: 2,
      kind: "message",
      at: 0,
      reply,
    };
    copies.take("another", { t: "reply", owed, state: "streaming" });
  };
  replies.accepting.add("mine");
  announce("mine");
  expect(replies.find("mine")).toBeNull();
  expect(socket.frames).toEqual([]);
  expect(told).toEqual([{ t: "detach", r: "mine" }]);
  announce("another's");
  expect(replies.find("another's")).toMatchObject({ owner: "another", epoch: 2 });
  replies.close();
  connections.close();
});
