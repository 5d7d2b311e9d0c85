import { writeFileSync } from "node:fs";

/**
 * Counts what ran as `N passed, N failed`. A test file that could not even run is one failure.
 * Where PARLANCE_TEST_SUMMARY names a file, the counts go there as JSON, and whoever started Jest prints the
 * line when all else has been printed; elsewhere it is printed here, alone on its line.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const summary = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    };
    const file = process.env.PARLANCE_TEST_SUMMARY;
    if (file) writeFileSync(file, JSON.stringify(summary));
    else process.stderr.write(`\n${summary.passed} passed, ${summary.failed} failed\n\n`);
  }
}
