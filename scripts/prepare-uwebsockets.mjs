import { fail } from "./lib/fail.mjs";
import { prepareUWebSockets } from "./lib/uwebsockets.mjs";

/** For images and other set-ups without `npm start`: makes uWebSockets.js load on this machine, silently. */
try {
  prepareUWebSockets();
} catch (error) {
  fail(error.message);
}
