import Sequencer from "@jest/test-sequencer";

/**
 * What runs real gateways, browsers and databases comes first, the largest files before the smaller ones: at the end
 * of a run the workers share what is quick, and none waits long for the last suite of another. How long suites took
 * the last time, where that is known, says it better.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isKnown = sorted.every(({ duration }) => duration !== undefined);
    return isKnown ? sorted : [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}

function isLong({ path, context }) {
  return context.config.displayName?.name === "live" || path.includes("dynamodb");
}
