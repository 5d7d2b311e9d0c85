import { expect, test } from "@jest/globals";
import { simulatedTokens } from "../../../scripts/upstream-simulator/index.ts";
import { prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";
import { TWO_TENANTS } from "./support/test-gateway.ts";

const SEED = 71;
const TOKENS = 4_000;

test("an answer ends with what was said, also where Redis hung in its midst, took a batch late and was told it again", async () => {
  const instances = await prepareInstances({
    tenants: TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, takeOver: "end" as const })),
  });
  try {
    const dying = await instances.start();
    const staying = await instances.start();
    const token = signToken({ sub: "ada" });
    const there = await connect(dying.chatUrl, { token });
    const { reply } = await there.ask(`[[sim tokens=${TOKENS} rate=50 seed=${SEED}]]`);
    const more = async (chunks: number): Promise<void> => {
      const { seq } = there.textOf(reply);
      await there.until(() => there.textOf(reply).seq >= seq + chunks, `${chunks} chunks`);
    };
    await more(60);
    instances.redis.pause();
    // Longer than a batch waits for its answer; and then long enough for the next one.
    await more(100);
    instances.redis.resume();
    await more(100);
    await dying.end("SIGKILL");

    const here = await connect(staying.chatUrl, { token });
    here.send({ type: "resume", reply, after: 0 });
    const { seq, reason } = await here.frame("done");
    expect({ reason, text: here.textOf(reply).text }).toEqual({
      reason: "interrupted",
      text: simulatedTokens(SEED, TOKENS).slice(0, seq).join(""),
    });
  } finally {
    await instances.stop();
  }
});
