import { describe, expect, test } from "@jest/globals";
import { isInstalled } from "../lib/install.mjs";

const LOCK = {
  packages: {
    "": {},
    gateway: { version: "0.1.0" },
    "node_modules/ws": { version: "8.23.0", integrity: "sha512-a" },
    "node_modules/@esbuild/aix-ppc64": { version: "0.28.2", integrity: "sha512-b", optional: true },
  },
};

const INSTALLED = {
  packages: {
    gateway: { version: "0.1.0" },
    "node_modules/ws": { version: "8.23.0", integrity: "sha512-a" },
  },
};

const without = (name: string) => ({
  packages: Object.fromEntries(Object.entries(INSTALLED.packages).filter(([path]) => path !== name)),
});

describe("whether what the lockfile names is installed", () => {
  test("given all of it, yes, also where a package for other machines is missing", () => {
    expect(isInstalled(LOCK, INSTALLED)).toBe(true);
  });

  test("given nothing installed, no", () => {
    expect(isInstalled(LOCK, undefined)).toBe(false);
  });

  test("given a package that is missing, no", () => {
    expect(isInstalled(LOCK, without("node_modules/ws"))).toBe(false);
  });

  test("given a workspace that is missing, no", () => {
    expect(isInstalled(LOCK, without("gateway"))).toBe(false);
  });

  test.each([
    { version: "8.22.0", integrity: "sha512-a" },
    { version: "8.23.0", integrity: "sha512-other" },
  ])("given another build of a package (%j), no", (found) => {
    expect(isInstalled(LOCK, { packages: { ...INSTALLED.packages, "node_modules/ws": found } })).toBe(false);
  });

  test("given a package for other machines in another version, no", () => {
    const packages = { ...INSTALLED.packages, "node_modules/@esbuild/aix-ppc64": { version: "0.27.0" } };
    expect(isInstalled(LOCK, { packages })).toBe(false);
  });
});
