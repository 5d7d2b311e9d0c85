/**
 * What a customer's back end does for a user who is signed in there: it makes a token with which that
 * user may chat. Prints it. See README.md.
 *
 *   TENANT=acme SIGNING_SECRET=… SIGNING_KID=… node examples/issue-token.ts user-42 "Ada Lovelace"
 *   API_KEY=sk_… node examples/issue-token.ts user-42 "Ada Lovelace"
 */
import jwt from "jsonwebtoken";

const { API_KEY, GATEWAY = "http://localhost:8080", SIGNING_KID, SIGNING_SECRET, TENANT } = process.env;
const [user = "user-42", name] = process.argv.slice(2);

/** Signs here, with a key that the gateway knows: no call to the gateway, no waiting. */
function signToken(tenant: string, secret: string): string {
  return jwt.sign({ tenant_id: tenant, ...(name && { name }) }, secret, {
    algorithm: "HS256",
    subject: user,
    expiresIn: "15m",
    ...(SIGNING_KID && { keyid: SIGNING_KID }),
  });
}

/** Asks the gateway for one, with a secret API key that must never reach a browser. */
async function requestToken(apiKey: string): Promise<string> {
  const response = await fetch(`${GATEWAY}/v1/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ sub: user, ttl: 900, ...(name && { name }) }),
  });
  if (!response.ok) throw new Error(`no token: ${response.status} ${await response.text()}`);
  const { token } = (await response.json()) as { token: string };
  return token;
}

if (API_KEY) process.stdout.write(`${await requestToken(API_KEY)}\n`);
else if (TENANT && SIGNING_SECRET) process.stdout.write(`${signToken(TENANT, SIGNING_SECRET)}\n`);
else throw new Error("set API_KEY, or TENANT and SIGNING_SECRET");
