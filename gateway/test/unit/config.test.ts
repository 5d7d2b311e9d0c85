import { describe, expect, test } from "@jest/globals";
import { ConfigError, readConfig } from "../../src/config.ts";

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("the environment", () => {
  test("is told all its mistakes at once, each by the variable's name and what to do, and no value", () => {
    const problems = problemsOf({
      NODE_ENV: "production",
      PORT: "70000",
      PUBLIC_URL: "ftp://secret.example",
      REDIS_URL: "redis://user:secret@one:6379,two:6379",
      PARLANCE_SECRET: "secret",
    });
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "PORT",
      "PUBLIC_URL",
      "PARLANCE_SECRET",
      "REDIS_URL",
      "PARLANCE_ADMIN_KEY",
    ]);
    expect(problems.join()).not.toContain("secret");
  });

  test.each([
    ["http://127.0.0.1", "it must be redis://, rediss://, redis+cluster:// or redis+sentinel:// with hosts"],
    ["redis://127.0.0.1:99999", "each host must be host or host:port, with a port up to 65535"],
    ["redis+sentinel://one:26379", "after the sentinels stands /master or /master/database"],
  ])("says what is wrong with the Redis URL %s", (url, reason) => {
    expect(problemsOf({ REDIS_URL: url })).toEqual([`REDIS_URL: is no Redis URL: ${reason}`]);
  });
});
