import { connect } from "../../gateway/test/live/support/test-client.ts";
import { now } from "../upstream-simulator/index.ts";
import { report } from "./figures.ts";
import { onStage } from "./stage.ts";

const QUESTIONS = 200;
const WARM_UP = 20;

const added = await onStage(async (stage) => {
  const client = await connect(stage.gateway.chatUrl);
  const firstFrameAt: number[] = [];
  let waiting = false;
  client.socket.on("message", (data) => {
    if (!waiting || !String(data).startsWith('{"type":"token"')) return;
    waiting = false;
    firstFrameAt.push(now());
  });
  for (let index = 0; index < QUESTIONS + WARM_UP; index++) {
    waiting = true;
    const ack = await client.ask(`question ${index} [[sim tokens=3 rate=200 delay=30]]`);
    await client.frame("done", ({ reply }) => reply === ack.reply);
    client.frames.length = 0;
  }
  await client.close();
  const requests = await stage.requests();
  return requests.map(
    (record, index) => (firstFrameAt[index] ?? Number.NaN) - (record.firstTokenAt ?? Number.NaN),
  );
});

if (added.length !== QUESTIONS + WARM_UP || added.some(Number.isNaN)) {
  throw new Error("not every question was answered");
}
const holds = report("first token: upstream's first event to the client's frame", added.slice(WARM_UP), [
  { share: 0.5, milliseconds: 2 },
]);
process.exitCode = holds ? 0 : 1;
