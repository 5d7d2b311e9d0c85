import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { prepareInstances } from "../../gateway/test/live/support/instances.ts";
import { connect, signToken, type TestClient } from "../../gateway/test/live/support/test-client.ts";
import { TWO_TENANTS } from "../../gateway/test/live/support/test-gateway.ts";
import { now } from "../upstream-simulator/index.ts";
import { percentile, report } from "./figures.ts";
import type { TokenTimes } from "./hop-upstream.ts";

const STREAMS = 100;
const TOKENS = 80;
const RATE = 20;
/** Rounds with the readers at the owner, and with the readers elsewhere, in turn; the first of each warms up. */
const ROUNDS = 4;
/** Tokens at the start of an answer that say how long it takes to begin, not to go on. */
const BEGINNING = 5;

/** Milliseconds that Redis may add. */
const LIMITS = [
  { share: 0.5, milliseconds: 0.5 },
  { share: 0.99, milliseconds: 3 },
];

/** Where a token's frame arrived, of an answer of that seed. */
interface Arrival {
  readonly seed: number;
  readonly token: number;
  readonly at: number;
}

const upstream = fork(join(import.meta.dirname, "hop-upstream.ts"));
const [{ url }] = (await once(upstream, "message")) as [{ url: string }];
const limits = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };
const tenants = TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, limits }));
const instances = await prepareInstances({ tenants });
const owner = await instances.start({ ANTHROPIC_BASE_URL: url });
const other = await instances.start({ ANTHROPIC_BASE_URL: url });
let seeds = 1;

/** Lets 100 users ask at the owner, and read where they are. */
async function round(readers: readonly { token: string; client: TestClient }[]): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  const answers = readers.map(async ({ token, client }) => {
    const seed = seeds++;
    client.frames.length = 0;
    const note = (data: unknown): void => {
      const at = now();
      const seq = /^\{"type":"token",.*?"seq":(\d+)/.exec(String(data))?.[1];
      if (seq !== undefined) arrivals.push({ seed, token: Number(seq) - 1, at });
    };
    client.socket.on("message", note);
    const asker = await connect(owner.chatUrl, { token });
    const ack = await asker.ask(`question [[sim seed=${seed} tokens=${TOKENS} rate=${RATE}]]`);
    await asker.close();
    await client.frame("done", ({ reply }) => reply === ack.reply);
    client.socket.off("message", note);
  });
  await Promise.all(answers);
  return arrivals;
}

async function readersAt(chatUrl: string, name: string): Promise<{ token: string; client: TestClient }[]> {
  const tokens = Array.from({ length: STREAMS }, (_, index) => signToken({ sub: `${name}-${index}` }));
  return await Promise.all(
    tokens.map(async (token) => ({ token, client: await connect(chatUrl, { token }) })),
  );
}

try {
  const sets = [await readersAt(owner.chatUrl, "with-owner"), await readersAt(other.chatUrl, "elsewhere")];
  const arrived: Arrival[][] = [[], []];
  for (let turn = 0; turn < ROUNDS * sets.length; turn++) {
    const arrivals = await round(sets[turn % sets.length] ?? []);
    if (turn >= sets.length) arrived[turn % sets.length]?.push(...arrivals);
  }
  upstream.send("times");
  const [{ times }] = (await once(upstream, "message")) as [{ times: TokenTimes }];
  const delays = arrived.map((arrivals) =>
    arrivals
      .filter(({ token }) => token >= BEGINNING)
      .map(({ seed, token, at }) => at - (times[seed]?.[token] ?? Number.NaN)),
  );
  const [direct = [], hop = []] = delays;
  const wanted = STREAMS * (ROUNDS - 1) * (TOKENS - BEGINNING);
  if (delays.some((each) => each.length < wanted / 2 || each.some(Number.isNaN)))
    throw new Error(
      `too few tokens arrived by themselves: ${delays.map(({ length }) => length)} of ${wanted}`,
    );
  report("token, with its owner: upstream's event to the client's frame", direct, []);
  report("token, by way of Redis: upstream's event to the client's frame", hop, []);
  const holds = LIMITS.map(({ share, milliseconds }) => {
    const added = percentile(hop, share) - percentile(direct, share);
    const holds = added <= milliseconds;
    process.stdout.write(
      `  Redis adds ${added.toFixed(2)} ms at p${share * 100}, at most ${milliseconds} ms: ${holds ? "holds" : "FAILS"}\n`,
    );
    return holds;
  });
  process.exitCode = holds.every((one) => one) ? 0 : 1;
} finally {
  await instances.stop();
  upstream.disconnect();
}
