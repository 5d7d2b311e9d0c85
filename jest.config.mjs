/**
 * One configuration, three projects:
 *   unit    Node; pure logic, ports against their in-process adapters, the scripts
 *   widget  jsdom; the widget's state, rendering and components
 *   live    Node; real gateways, a real Redis, a real browser
 * Started by `npm test`, which provides what the live tests need.
 */

// The library reads it when it loads, before a test could set it.
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= "16384";

const shared = {
  rootDir: ".",
  extensionsToTreatAsEsm: [".ts", ".tsx"],
  transform: { "\\.tsx?$": "<rootDir>/scripts/jest/transform.mjs" },
  modulePathIgnorePatterns: ["/dist/"],
  injectGlobals: false,
};

/** @type {import("jest").Config} */
export default {
  // Many suites wait for what takes its time, as a death that is to be noticed.
  maxWorkers: 3,
  testSequencer: "<rootDir>/scripts/jest/longest-first.mjs",
  // Real processes, a real browser: a condition that is not met in a minute will not be.
  testTimeout: 60_000,
  reporters: ["default", "<rootDir>/scripts/jest/summary-reporter.mjs"],
  projects: [
    {
      ...shared,
      displayName: "unit",
      testEnvironment: "node",
      testMatch: [
        "<rootDir>/shared-protocol/test/**/*.test.ts",
        "<rootDir>/gateway/test/unit/**/*.test.ts",
        "<rootDir>/gateway/test/ports/**/*.test.ts",
        "<rootDir>/scripts/test/**/*.test.ts",
      ],
    },
    {
      ...shared,
      displayName: "widget",
      testEnvironment: "<rootDir>/scripts/jest/browser-environment.mjs",
      testMatch: ["<rootDir>/widget/test/**/*.test.ts", "<rootDir>/widget/test/**/*.test.tsx"],
      testPathIgnorePatterns: ["/node_modules/", "<rootDir>/widget/test/live/"],
    },
    {
      ...shared,
      displayName: "live",
      testEnvironment: "node",
      testMatch: ["<rootDir>/gateway/test/live/**/*.test.ts", "<rootDir>/widget/test/live/**/*.test.ts"],
    },
  ],
};
