import { describe, expect, test } from "@jest/globals";
import { answerChallenge } from "../../src/client/challenge.ts";
import { FakeGateway } from "./fake-gateway.ts";
import { makeClient } from "./setup.ts";

const challenge = { kind: "proof-of-work", nonce: "1800000000.random.signature", difficulty: 10 };
const required = {
  status: 403,
  body: { error: { code: "CHALLENGE_REQUIRED", message: "answer the challenge first" }, challenge },
};

async function zeroBits(text: string): Promise<number> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Math.clz32(new DataView(digest).getUint32(0));
}

describe("a challenge", () => {
  test("is answered, and the session asked for again with the answer", async () => {
    const gateway = new FakeGateway();
    gateway.onSession = (body) => (body.challenge === undefined ? required : null);
    const { client } = makeClient({}, gateway);
    await gateway.until(client.connect());
    expect(gateway.sessions).toHaveLength(2);
    const answered = gateway.sessions[1]?.challenge as { nonce: string; answer: string };
    expect(answered.nonce).toBe(challenge.nonce);
    expect(await zeroBits(`${answered.nonce}:${answered.answer}`)).toBeGreaterThanOrEqual(10);
  });

  test("whose answer is not taken ends the connection with its reason", async () => {
    const gateway = new FakeGateway();
    gateway.onSession = () => required;
    const { client } = makeClient({}, gateway);
    await gateway.until(expect(client.connect()).rejects.toThrow());
    expect(client.connection).toMatchObject({ status: "stopped", code: "CHALLENGE_REQUIRED" });
    expect(gateway.sessions).toHaveLength(2);
  });

  test("that no program can answer, or that nobody waits for, has no answer", async () => {
    expect(await answerChallenge({ kind: "turnstile", siteKey: "1x00" }, () => true)).toBeNull();
    expect(await answerChallenge(undefined, () => true)).toBeNull();
    expect(await answerChallenge({ ...challenge, difficulty: 32 }, () => false)).toBeNull();
  });
});
