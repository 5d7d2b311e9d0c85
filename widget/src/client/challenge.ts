/** What the gateway asks of a new visitor, as far as a program can give it. */
interface Proof {
  readonly kind: "proof-of-work";
  readonly nonce: string;
  readonly difficulty: number;
}

/** Digests made at once: between batches the page goes on. */
const BATCH = 512;

/**
 * Answers a challenge: finds what makes the SHA-256 of `nonce:answer` begin with `difficulty` zero bits.
 *
 * @param wanted false where the answer is of no use any more
 * @returns null where this client cannot: another kind, or a page without HTTPS, which has no digests
 */
export async function answerChallenge(
  challenge: unknown,
  wanted: () => boolean,
): Promise<{ nonce: string; answer: string } | null> {
  const { kind, nonce, difficulty } = (challenge ?? {}) as Partial<Proof>;
  const digests = globalThis.crypto?.subtle;
  if (kind !== "proof-of-work" || nonce === undefined || difficulty === undefined || !digests) return null;
  const encoder = new TextEncoder();
  for (let start = 0; wanted(); start += BATCH) {
    const found = await Promise.all(
      Array.from({ length: BATCH }, async (_, index) => {
        const text = encoder.encode(`${nonce}:${start + index}`);
        return new DataView(await digests.digest("SHA-256", text)).getUint32(0);
      }),
    );
    const index = found.findIndex((head) => Math.clz32(head) >= difficulty);
    if (index >= 0) return { nonce, answer: String(start + index) };
  }
  return null;
}
