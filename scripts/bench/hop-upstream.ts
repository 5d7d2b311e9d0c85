import { now, startUpstreamSimulator } from "../upstream-simulator/index.ts";

/** When the upstream wrote each token, by the seed of the answer: the first token is at 0. */
export type TokenTimes = Readonly<Record<number, readonly number[]>>;

/** An upstream in a process of its own, so that what it measures does not wait for who measures; told by `fork`. */
const times: Record<number, number[]> = {};
const upstream = await startUpstreamSimulator();
upstream.on("token", ({ directives }) => {
  const ofAnswer = times[directives.seed] ?? [];
  ofAnswer.push(now());
  times[directives.seed] = ofAnswer;
});
process.on("message", () => process.send?.({ times }));
process.once("disconnect", () => void upstream.close());
process.send?.({ url: upstream.url });
