import { bootstrap } from "./lib/bootstrap.mjs";

/** `npm run build`: builds the gateway and the widget, as far as they changed. */
await bootstrap(import.meta.url);
const { buildOrFail } = await import("./lib/build/index.mjs");
const built = await buildOrFail();
process.stdout.write(built.length > 0 ? `Built ${built.join(" and ")}.\n` : "Nothing has changed.\n");
