import { createMemoryInstanceDirectory } from "../../../src/adapters/memory/instance-directory.ts";
import { manualClock } from "../support/manual-clock.ts";
import { instanceDirectorySuite } from "./suite.ts";

instanceDirectorySuite(async () => {
  const clock = manualClock();
  const directory = createMemoryInstanceDirectory({ clock });
  return { here: directory, there: directory, tick: () => clock.advance(10) };
});
