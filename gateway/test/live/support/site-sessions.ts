import type { Surroundings } from "../../../src/gateway.ts";
import { OPERATOR_KEY } from "./admin-client.ts";
import { connect, type TestClient } from "./test-client.ts";
import { PAGE_ORIGIN, startTestGateway, type TestGateway } from "./test-gateway.ts";

/** What `POST /v1/sessions` answered. */
export interface SessionAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is for each test to say
  readonly body: any;
}

/** A gateway as pages of its tenants' sites see it, and their operator. */
export interface SiteGateway extends TestGateway {
  /** Asks for a session as a page does; `pk_acme` where no site key is named. */
  session(body?: object, headers?: Record<string, string>): Promise<SessionAnswer>;
  /** Opens a socket from the page with a session's token. */
  page(token: string): Promise<TestClient>;
  /** Calls the admin API as the operator. */
  admin(method: string, path: string, body?: unknown): Promise<SessionAnswer>;
  /** Whether an upgrade with this token would be let in, as the probe says. */
  probe(token: string, headers?: Record<string, string>): Promise<SessionAnswer>;
}

/** Starts it. */
export async function startSiteGateway(
  options: Parameters<typeof startTestGateway>[0] & { surroundings?: Surroundings } = {},
): Promise<SiteGateway> {
  const started = await startTestGateway({
    ...options,
    environment: { PARLANCE_ADMIN_KEY: OPERATOR_KEY, ...options.environment },
  });
  const http = (): string => `http://127.0.0.1:${started.gateway.port}`;
  return Object.assign(started, {
    session: (body: object = {}, headers: Record<string, string> = {}) =>
      call(`${http()}/v1/sessions`, {
        method: "POST",
        headers: { origin: PAGE_ORIGIN, "content-type": "application/json", ...headers },
        body: JSON.stringify({ siteKey: "pk_acme", ...body }),
      }),
    page: (token: string) => connect(started.chatUrl, { token, origin: PAGE_ORIGIN }),
    admin: (method: string, path: string, body?: unknown) =>
      call(`${http()}/admin/api${path}`, {
        method,
        headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    probe: (token: string, headers: Record<string, string> = {}) =>
      call(`${http()}/v1/chat`, {
        headers: { origin: PAGE_ORIGIN, authorization: `Bearer ${token}`, ...headers },
      }),
  });
}

async function call(url: string, init: RequestInit): Promise<SessionAnswer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}
