import { describe, expect, test } from "@jest/globals";
import {
  type AfterClose,
  afterClose,
  CLOSE_CODES,
  readSubprotocolOffer,
  subprotocolOffer,
} from "../src/index.ts";
import { readVectors } from "./support/vectors.ts";

interface OfferVector {
  readonly name: string;
  readonly offer: string | null;
  readonly protocol: string | null;
  readonly token: string | null;
}

interface CloseVector {
  readonly name: string;
  readonly code: number;
  readonly after: AfterClose;
}

const { offers } = readVectors<{ offers: OfferVector[] }>("negotiation.json");
const { closes } = readVectors<{ closes: CloseVector[] }>("close-codes.json");

describe("a subprotocol offer", () => {
  test.each(offers)("of $name", ({ offer, protocol, token }) => {
    expect(readSubprotocolOffer(offer ?? undefined)).toEqual({ protocol, token });
  });

  test("made by a client is read back with its token", () => {
    const header = subprotocolOffer("aaa.bbb.ccc").join(", ");
    expect(readSubprotocolOffer(header)).toEqual({ protocol: "parlance.v1", token: "aaa.bbb.ccc" });
  });
});

describe("after a close", () => {
  test.each(closes)("with $code ($name) a client does this: $after", ({ code, after }) => {
    expect(afterClose(code)).toBe(after);
  });

  test("with a code that v1 does not name, the range decides", () => {
    const named = new Set<number>(Object.values(CLOSE_CODES));
    for (let code = 4400; code <= 4499; code++) {
      if (!named.has(code))
        expect([code, afterClose(code)]).toEqual([code, code < 4450 ? "stop" : "reconnect"]);
    }
  });

  test("every named code has a vector", () => {
    expect(closes.map(({ code }) => code)).toEqual(expect.arrayContaining(Object.values(CLOSE_CODES)));
  });
});
