import { connect } from "../../gateway/test/live/support/test-client.ts";
import { now } from "../upstream-simulator/index.ts";
import { report } from "./figures.ts";
import { onStage } from "./stage.ts";

const CANCELS = 200;
const WARM_UP = 20;

const delays = await onStage(async (stage) => {
  const client = await connect(stage.gateway.chatUrl);
  const cancelledAt: number[] = [];
  for (let index = 0; index < CANCELS + WARM_UP; index++) {
    const ack = await client.ask(`question ${index} [[sim tokens=5000 rate=40]]`);
    await client.until(() => client.textOf(ack.reply).seq >= 3, "three tokens");
    cancelledAt.push(now());
    client.send({ type: "cancel", reply: ack.reply });
    await client.frame("done", ({ reply }) => reply === ack.reply);
    client.frames.length = 0;
  }
  await client.close();
  const requests = await stage.requests();
  return requests.map(
    (record, index) => (record.abortedAt ?? Number.NaN) - (cancelledAt[index] ?? Number.NaN),
  );
});

if (delays.length !== CANCELS + WARM_UP || delays.some(Number.isNaN)) {
  throw new Error("not every cancel reached the upstream");
}
const holds = report("cancel: frame sent to abort seen by the upstream", delays.slice(WARM_UP), [
  { share: 0.5, milliseconds: 5 },
  { share: 0.99, milliseconds: 20 },
]);
process.exitCode = holds ? 0 : 1;
