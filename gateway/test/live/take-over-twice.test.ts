import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { expectedText } from "../../../scripts/upstream-simulator/index.ts";
import { estimateTokens } from "../../src/llm/estimate-tokens.ts";
import { OPERATOR_KEY } from "./support/admin-client.ts";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";
import { TWO_TENANTS } from "./support/test-gateway.ts";

let instances: Instances;
beforeAll(async () => {
  instances = await prepareInstances({
    tenants: [{ ...TWO_TENANTS.tenants[0], id: "acme", takeOver: "continue" }],
  });
});
afterAll(() => instances.stop());

test("an answer whose second instance dies too is gone on with once more, exactly, and every loss is counted", async () => {
  const [first, second, third] = await Promise.all([
    instances.start(),
    instances.start(),
    instances.start({ PARLANCE_ADMIN_KEY: OPERATOR_KEY }),
  ]);
  const token = signToken({ sub: "ada" });
  const [one, two, three] = await Promise.all(
    [first, second, third].map(({ chatUrl }) => connect(chatUrl, { token })),
  );
  if (one === undefined || two === undefined || three === undefined) throw new Error("three are connected");
  // Neither of the first two can come to the end of what it asks for.
  instances.upstream.next({ stallAfter: 150 }, 2);
  const { reply } = await one.ask("[[sim tokens=400 rate=100 seed=161]]");
  await two.until(() => two.textOf(reply).seq >= 100, "a hundred chunks");
  // Asleep while the second takes over, so that it is not the third that does.
  third.process.kill("SIGSTOP");
  await first.end("SIGKILL");
  const kept = await two.frame("snapshot", ({ epoch }) => epoch === 2);
  await two.until(() => two.textOf(reply).seq >= kept.seq + 100, "a hundred more");
  third.process.kill("SIGCONT");
  await second.end("SIGKILL");
  const keptThen = await three.frame("snapshot", ({ epoch }) => epoch === 3);
  const done = await three.frame("done");
  expect(keptThen.content.startsWith(kept.content)).toBe(true);
  expect(keptThen.seq).toBeGreaterThan(kept.seq);
  expect(done).toMatchObject({ reason: "stop", epoch: 3, seq: three.textOf(reply).seq });
  expect(three.textOf(reply).text).toBe(expectedText(161, 400));
  expect(three.all("done")).toHaveLength(1);
  expect(instances.upstream.requests).toHaveLength(3);

  const answer = await fetch(`http://127.0.0.1:${third.port}/admin/api/tenants/acme/usage`, {
    headers: { authorization: `Bearer ${OPERATOR_KEY}` },
  });
  const { total } = await answer.json();
  const { inputTokens, outputTokens } = done.usage;
  expect(total).toMatchObject({ messages: 1, inputTokens, outputTokens });
  // The prompts of both that died, and what the third had to read of their text.
  const [ofFirst = 0, ofSecond = 0] = instances.upstream.requests.map(({ body }) => promptTokens(body));
  expect(total.wastedTokens).toBe(ofFirst + ofSecond + estimateTokens(keptThen.content));
});

/** What the upstream counts of a prompt. */
function promptTokens(body: unknown): number {
  const { system, messages } = body as { system: { text: string }[]; messages: { content: string }[] };
  const texts = [...system.map(({ text }) => text), ...messages.map(({ content }) => content)];
  return Math.ceil(texts.join("").length / 4);
}
