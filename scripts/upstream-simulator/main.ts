import { parseArgs } from "node:util";
import { startUpstreamSimulator } from "./server.ts";

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "9090" },
    "tokens-per-second": { type: "string", default: "80" },
    tokens: { type: "string", default: "200" },
  },
});

const simulator = await startUpstreamSimulator({
  host: values.host,
  port: Number(values.port),
  defaults: { rate: Number(values["tokens-per-second"]), tokens: Number(values.tokens) },
});
process.stdout.write(`Anthropic simulator on ${simulator.url}\nANTHROPIC_BASE_URL=${simulator.url}\n`);

const stop = (): void => {
  simulator.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
