import { jest } from "@jest/globals";

/** Real processes, a real browser: a condition that is not met in a minute will not be. */
jest.setTimeout(60_000);
