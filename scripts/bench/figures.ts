/** The value below which a share of the samples lies, by nearest rank. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

/** A limit on one figure. */
export interface Limit {
  readonly share: number;
  readonly milliseconds: number;
}

/**
 * Prints median, 95th and 99th percentile and maximum of some delays, and holds them to limits.
 *
 * @returns whether all limits hold
 */
export function report(name: string, samples: readonly number[], limits: readonly Limit[]): boolean {
  const show = (value: number): string => `${value.toFixed(2)} ms`;
  const shares = [0.5, 0.95, 0.99];
  const figures = shares.map((share) => `p${share * 100} ${show(percentile(samples, share))}`);
  process.stdout.write(
    `${name}: ${samples.length} samples, ${figures.join(", ")}, max ${show(Math.max(...samples))}\n`,
  );
  return limits
    .map(({ share, milliseconds }) => {
      const value = percentile(samples, share);
      const holds = value < milliseconds;
      process.stdout.write(
        `  p${share * 100} under ${milliseconds} ms: ${holds ? "holds" : `FAILS with ${show(value)}`}\n`,
      );
      return holds;
    })
    .every((holds) => holds);
}
