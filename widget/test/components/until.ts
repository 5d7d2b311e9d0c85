/** Waits for a condition, looking again whenever the page may have changed. */
export async function until<Value>(
  condition: () => Value | null | undefined | false,
  what = "it",
): Promise<Value> {
  const deadline = Date.now() + 3_000;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not happen: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
