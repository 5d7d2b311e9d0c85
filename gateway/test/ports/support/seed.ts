/**
 * The seed of a randomised test, printed so that a failure can be had again: `PARLANCE_TEST_SEED` where it is set,
 * else a fresh one.
 */
export function testSeed(name: string): number {
  const seed = Number(process.env.PARLANCE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  process.stderr.write(`${name}: PARLANCE_TEST_SEED=${seed}\n`);
  return seed;
}
