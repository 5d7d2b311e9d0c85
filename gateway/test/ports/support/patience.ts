/** Milliseconds after which what a test waits for is taken not to come: less than a live test may last. */
export const PATIENCE = 45_000;

/**
 * What something comes to; rejects, from where it was waited for, once it has not come in all that time.
 *
 * @param what says what was waited for, and what came instead
 */
export async function inTime<Result>(coming: Promise<Result>, what: () => string): Promise<Result> {
  const error = new Error();
  const { promise, reject } = Promise.withResolvers<never>();
  const patience = setTimeout(() => {
    error.message = `in ${PATIENCE} ms it never came to this: ${what()}`;
    reject(error);
  }, PATIENCE);
  try {
    return await Promise.race([coming, promise]);
  } finally {
    clearTimeout(patience);
  }
}
