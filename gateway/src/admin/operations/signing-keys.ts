import { z } from "zod";
import type { SigningKeyRecord } from "../../ports/registry-store.ts";
import { BroughtSigningKey, NewSharedSecret } from "../../tenants/key-settings.ts";
import { type Operation, tenantOperation } from "../operation.ts";
import { PageQuery, pageOf } from "../paging.ts";
import { listView, SigningKeyView, signingKeyView } from "../representations.ts";
import { Refused } from "../responses.ts";

/** Random bytes of a shared secret: as long as HS256's digest, and again. */
const SECRET_BYTES = 48;
const KID_BYTES = 9;
/** Signing keys of one tenant. */
const MOST_KEYS = 20;

const NewSigningKey = z.union([NewSharedSecret, BroughtSigningKey]);
const MadeSigningKey = z.union([
  z.object({ ...SigningKeyView.options[0].shape, secret: z.string().describe("shown this once") }),
  SigningKeyView.options[1],
  SigningKeyView.options[2],
]);

/** Keys that a tenant's own identity provider signs with: made or brought, listed and revoked. */
export const SIGNING_KEY_OPERATIONS: readonly Operation[] = [
  tenantOperation({
    id: "createSigningKey",
    method: "POST",
    path: "/tenants/:tenant/signing-keys",
    summary: "Make or bring a signing key",
    description:
      "`{algorithm: HS256}` makes a shared secret, or takes the `secret` it is given, and shows it this once; `{kid, algorithm, publicKey}` brings the public half of an RS256 or ES256 key; `{jwksUrl, issuer, audience, claims}` names where a provider publishes its keys.",
    access: "owner",
    body: NewSigningKey,
    status: 201,
    response: MadeSigningKey,
    async handle({ tenantId, body, services: { registry, clock, randomness } }) {
      const known = await registry.signingKeys(tenantId);
      const kid = body.kid ?? `key-${randomness.token(KID_BYTES)}`;
      if (known.some((key) => key.kid === kid))
        throw new Refused("CONFLICT", "`kid`: there is a key of this name");
      if (known.length >= MOST_KEYS) {
        throw new Refused("CONFLICT", `a tenant has at most ${MOST_KEYS} signing keys`);
      }
      const made = { kid, tenant: tenantId, createdAt: clock.now(), lastUsedAt: null };
      let record: SigningKeyRecord;
      if ("jwksUrl" in body) record = { ...body, ...made, algorithm: "JWKS" };
      else if ("publicKey" in body) record = { ...body, ...made };
      else
        record = {
          ...made,
          algorithm: body.algorithm,
          secret: body.secret ?? randomness.token(SECRET_BYTES),
        };
      await registry.putSigningKey(record);
      const shown = signingKeyView(record);
      return {
        value: record.algorithm === "HS256" ? { ...shown, secret: record.secret } : shown,
        changed: true,
        audit: {
          tenant: tenantId,
          action: "signing-key.create",
          target: kid,
          details: { algorithm: record.algorithm },
        },
      };
    },
  }),

  tenantOperation({
    id: "listSigningKeys",
    method: "GET",
    path: "/tenants/:tenant/signing-keys",
    summary: "List signing keys, without secrets",
    access: "viewer",
    query: PageQuery,
    status: 200,
    response: listView("signingKeys", SigningKeyView),
    async handle({ tenantId, query, services: { registry } }) {
      const { page, next } = pageOf(await registry.signingKeys(tenantId), ({ kid }) => kid, query);
      return { value: { signingKeys: page.map(signingKeyView), next } };
    },
  }),

  tenantOperation({
    id: "revokeSigningKey",
    method: "DELETE",
    path: "/tenants/:tenant/signing-keys/:kid",
    summary: "Revoke a signing key",
    access: "owner",
    status: 204,
    async handle({ tenantId, parameters: { kid = "" }, services: { registry } }) {
      if (!(await registry.deleteSigningKey(tenantId, kid))) {
        throw new Refused("NOT_FOUND", "there is no such signing key");
      }
      return { changed: true, audit: { tenant: tenantId, action: "signing-key.revoke", target: kid } };
    },
  }),
];
