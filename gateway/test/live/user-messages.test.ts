import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADMIN_KEYS, type AdminGateway, startAdminGateway } from "./support/admin-client.ts";
import { connect, signToken } from "./support/test-client.ts";
import { ACME_API_KEY } from "./support/test-gateway.ts";

describe("a message that a back end pushes", () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway({ socketServer: "ws" });
  });
  afterAll(() => gateway.stop());

  const push = async (body: unknown, user = "grace", key: string | null = ACME_API_KEY) => {
    const response = await fetch(`http://127.0.0.1:${gateway.gateway.port}/v1/users/${user}/messages`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };

  test("waits for who is not there, and of one id is one message", async () => {
    const first = await push({ id: "welcome", content: "Welcome!" }, "a%20new%2Fuser");
    expect(first).toMatchObject({ status: 201, body: { id: "welcome", delivered: false } });
    expect(await push({ id: "welcome", content: "Welcome again!" }, "a%20new%2Fuser")).toEqual(first);
    const client = await connect(gateway.chatUrl, { token: signToken({ sub: "a new/user" }) });
    expect(client.all("ready")[0]).toMatchObject({
      conversation: first.body.conversation,
      messages: [{ id: "welcome", content: "Welcome!", author: { kind: "bot" } }],
    });
    expect((await push({ content: "There?" }, "a%20new%2Fuser")).body.delivered).toBe(true);
    await client.close();
  });

  test.each([
    ["nobody", { content: "x" }, "grace", null, 401, "UNAUTHORIZED"],
    ["a key that does not hold", { content: "x" }, "grace", "sk_made_up", 401, "UNAUTHORIZED"],
    ["an admin's key", { content: "x" }, "grace", ADMIN_KEYS.owner, 403, "FORBIDDEN"],
    ["no text", {}, "grace", ACME_API_KEY, 400, "INVALID_FRAME"],
    ["a blank text", { content: " \n" }, "grace", ACME_API_KEY, 400, "INVALID_FRAME"],
    ["a text too long", { content: "x".repeat(16_001) }, "grace", ACME_API_KEY, 413, "MESSAGE_TOO_LARGE"],
    ["a body too long", { content: "x".repeat(70_000) }, "grace", ACME_API_KEY, 413, "MESSAGE_TOO_LARGE"],
    ["an id that is none", { content: "x", id: "a b" }, "grace", ACME_API_KEY, 400, "INVALID_FRAME"],
    [
      "a user's voice",
      { content: "x", author: { kind: "user" } },
      "grace",
      ACME_API_KEY,
      400,
      "INVALID_FRAME",
    ],
    ["no such conversation", { content: "x", conversation: "no" }, "grace", ACME_API_KEY, 404, "NOT_FOUND"],
    ["a user that cannot be", { content: "x" }, "%00", ACME_API_KEY, 400, "INVALID_FRAME"],
  ])("is refused: %s", async (_what, body, user, key, status, code) => {
    expect(await push(body, user, key)).toMatchObject({ status, body: { error: { code } } });
  });
});
