import type { Message, ServerFrame } from "@parlance/protocol";
import type { Ledger } from "./ledger.ts";
import { Line } from "./line.ts";

/** A user who comes when all is over, and reads what the archive holds. */
export async function readArchive(
  to: { chatUrl: string; instance: string; token: string },
  ledger: Ledger,
): Promise<Map<string, Message>> {
  const frames: ServerFrame[] = [];
  let arrived = (): void => undefined;
  const line = await Line.open(to, (frame) => {
    frames.push(frame);
    arrived();
  });
  if (line === null) throw new Error(`${to.instance} lets nobody in after it all`);
  const next = async (matches: (frame: ServerFrame) => boolean): Promise<ServerFrame> => {
    for (;;) {
      const found = frames.find(matches);
      if (found !== undefined) return found;
      if (!line.open) throw new Error(`${to.instance} closed the socket of who reads the archive`);
      await Promise.race([new Promise<void>((resolve) => (arrived = resolve)), line.closed]);
    }
  };
  const ready = await next(({ type }) => type === "ready");
  if (ready.type === "ready" && ready.replies.length > 0)
    ledger.breaks("after the end of all, there are still replies", ready.replies);
  const messages = new Map<string, Message>();
  for (const conversation of ledger.conversations) {
    let before: string | undefined;
    for (let page = 0; ; page++) {
      const id = `h${page}-${conversation}`;
      const place = before === undefined ? {} : { before };
      line.send({ type: "history", id, conversation, limit: 100, ...place });
      const frame = await next((each) => "ref" in each && each.ref === id);
      if (frame.type !== "history") throw new Error(`no history: ${JSON.stringify(frame)}`);
      checkOrder(frame.messages, ledger);
      for (const message of frame.messages) {
        if (messages.has(message.id)) ledger.breaks("listed twice", message);
        messages.set(message.id, message);
      }
      before = frame.messages[0]?.id;
      if (!frame.more) break;
    }
  }
  await line.close();
  return messages;
}

/** Every answer stands directly after its question. */
function checkOrder(messages: readonly Message[], ledger: Ledger): void {
  messages.forEach((message, index) => {
    if (message.role === "assistant" && index > 0 && messages[index - 1]?.id !== message.to)
      ledger.breaks("an answer is not where its question is", message);
  });
}
