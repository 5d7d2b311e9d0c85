import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { AddressLimiter } from "../ports/address-limiter.ts";
import type { OutsideFetch } from "../ports/outside-fetch.ts";
import type { SiteKeyRecord, TenantRecord } from "../ports/registry-store.ts";
import type { Clock, Randomness } from "../ports/system.ts";

/** Seconds in which a challenge is to be answered; it can be once. */
const LIFE_SECONDS = 300;

/** What `403 CHALLENGE_REQUIRED` carries. */
export type ShownChallenge =
  | {
      readonly kind: "proof-of-work";
      /** To find: an `answer` so that SHA-256 of `nonce`, a colon and `answer` begins with so many zero bits. */
      readonly nonce: string;
      readonly difficulty: number;
      /** ISO 8601. */
      readonly expiresAt: string;
    }
  | { readonly kind: "turnstile"; readonly siteKey: string };

/** What a widget sends back. */
export const ChallengeAnswer = z.object({
  nonce: z.string().max(512).optional(),
  answer: z.string().max(64).optional(),
  /** What a service that speaks as Turnstile does gave the page. */
  token: z.string().max(4_096).optional(),
});
export type ChallengeAnswer = z.output<typeof ChallengeAnswer>;

/** Asks strangers for something before they are let in, and checks what they bring. */
export interface Challenges {
  /** Null where the tenant asks for nothing. */
  make(tenant: TenantRecord, key: SiteKeyRecord): ShownChallenge | null;
  /** Whether it holds; each answer does once. Rejects where that cannot be found out now. */
  holds(tenant: TenantRecord, key: SiteKeyRecord, answer: ChallengeAnswer, address: string): Promise<boolean>;
}

/**
 * Makes challenges that carry all that is to be known of them, signed: nothing is kept of one before it is answered.
 *
 * @param options.keys to sign with and to check with, the one to sign with first
 */
export function createChallenges(options: {
  keys: readonly Buffer[];
  limiter: AddressLimiter;
  outside: OutsideFetch;
  clock: Clock;
  randomness: Randomness;
}): Challenges {
  const { keys, limiter, outside, clock, randomness } = options;
  const seconds = (): number => Math.floor(clock.now() / 1000);
  const macs = (place: string, body: string): Buffer[] =>
    keys.map((key) =>
      createHmac("sha256", key)
        .update(JSON.stringify([place, body]))
        .digest(),
    );

  const proofHolds = async (place: string, difficulty: number, answer: ChallengeAnswer): Promise<boolean> => {
    const { nonce = "", answer: found = "" } = answer;
    const [end = "", random = "", signature = ""] = nonce.split(".");
    const given = Buffer.from(signature, "base64url");
    const signed = macs(place, `${end}.${random}.${difficulty}`).some(
      (mac) => mac.length === given.length && timingSafeEqual(mac, given),
    );
    if (!signed || Number(end) < seconds()) return false;
    const digest = createHash("sha256").update(`${nonce}:${found}`).digest();
    if (leadingZeroBits(digest) < difficulty) return false;
    return limiter.once(`proof ${random}`, LIFE_SECONDS);
  };

  return {
    make({ challenge }, key) {
      if (challenge.kind === "none") return null;
      if (challenge.kind === "turnstile") return { kind: "turnstile", siteKey: challenge.siteKey };
      const end = seconds() + LIFE_SECONDS;
      const body = `${end}.${randomness.token(16)}`;
      const [mac] = macs(placeOf(key), `${body}.${challenge.difficulty}`);
      if (mac === undefined) throw new Error("there is no key to sign challenges with");
      return {
        kind: "proof-of-work",
        nonce: `${body}.${mac.toString("base64url")}`,
        difficulty: challenge.difficulty,
        expiresAt: new Date(end * 1000).toISOString(),
      };
    },
    async holds({ challenge }, key, answer, address) {
      if (challenge.kind === "none") return true;
      if (challenge.kind === "proof-of-work") return proofHolds(placeOf(key), challenge.difficulty, answer);
      if (answer.token === undefined) return false;
      const { status, body } = await outside.postForm(challenge.verifyUrl, {
        secret: challenge.secret,
        response: answer.token,
        remoteip: address,
      });
      return status === 200 && Verified.safeParse(parsed(body)).success;
    },
  };
}

const Verified = z.object({ success: z.literal(true) });

function placeOf({ tenant, id }: SiteKeyRecord): string {
  return JSON.stringify([tenant, id]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON says nothing, least of all that somebody passed.
    return null;
  }
}

function leadingZeroBits(digest: Buffer): number {
  let bits = 0;
  for (const byte of digest) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}
