import { spawn } from "node:child_process";
import { bootstrap } from "./lib/bootstrap.mjs";
import { rootPath } from "./lib/root.mjs";

/** `npm run check`: types, and lint, format, import rules and file sizes, side by side; prints what is wrong. */
await bootstrap(import.meta.url);

const checks = [
  { name: "types", program: "tsc", args: ["-p", "."] },
  { name: "lint, format, imports, sizes", program: "biome", args: ["check", "--error-on-warnings", "."] },
];
const results = await Promise.all(checks.map(run));
for (const { output } of results.filter((result) => !result.passed)) process.stdout.write(output);
for (const { name, passed } of results) process.stdout.write(`${passed ? "ok    " : "failed"}  ${name}\n`);
process.exit(results.every((result) => result.passed) ? 0 : 1);

function run({ name, program, args }) {
  return new Promise((resolve) => {
    const child = spawn(rootPath("node_modules", ".bin", program), args, {
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => resolve({ name, passed: false, output: `${program}: ${error.message}\n` }));
    child.on("close", (code) =>
      resolve({ name, passed: code === 0, output: Buffer.concat(output).toString() }),
    );
  });
}
