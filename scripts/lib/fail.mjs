/** Ends the program with the one line that says what is wrong or what to do. */
export function fail(line) {
  process.stderr.write(`parlance: ${line}\n`);
  process.exit(1);
}
