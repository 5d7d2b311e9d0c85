import type { ServerFrame } from "@parlance/protocol";
import { TOKEN_RENEW_AT } from "@parlance/protocol/constants";
import { answerChallenge } from "./challenge.ts";
import { clientError } from "./failure.ts";
import { call } from "./http.ts";
import type { Keeping } from "./keeping.ts";
import type { Scope } from "./scope.ts";
import { visitorStorageKey } from "./storage-keys.ts";
import type {
  ChatClientOptions,
  ClientEnvironment,
  ClientError,
  ClientEvents,
  SessionUser,
  Unsubscribe,
} from "./types.ts";

/** A token to connect with, or why there is none, and whether asking again is of use. */
export type Grant =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly stop: boolean; readonly error: ClientError };

/** Who this client is to the gateway, and the short-lived token that says so. */
export interface Session {
  /** The token held while it is good, else a fresh one. Never rejects. */
  token(): Promise<Grant>;
  /** Whether the held token has opened a socket before, so that its refusal means that it has ended. */
  proven(): boolean;
  /** The held token is no longer good. */
  expire(): void;
  /** Counts the token's life from the gateway's own clock, and plans its renewal over the open socket. */
  begin(ready: Extract<ServerFrame, { type: "ready" }>): void;
  /** The socket is gone: nothing to renew over. */
  pause(): void;
  /** For whom the held token is, by the id that the gateway gave or knows; null where that is not known. */
  user(): string | null;
  /** The visitor known from a former load, or null. */
  remembered(): SessionUser | null;
  /** Writes down the visitor once that is allowed. */
  remember(): void;
  identify(userToken: string): void;
  /** Forgets user and visitor, here and in storage. */
  forget(): void;
}

/** What the gateway answers to a site key. */
type Minted = { token: string; expiresAt?: string; visitorToken?: string } & ClientEvents["session"];

interface Visitor {
  readonly token: string;
  readonly user: SessionUser;
}

/** The pause, in milliseconds, before a renewal where the clock was set, so that the end is not known any more. */
const CLOCK_SET_MS = 60_000;
/** Shortest pause, in milliseconds, between tries to renew while the old token still lives. */
const RENEW_AGAIN_MS = 5_000;

/** Makes the session of one client. `authenticate` sends `auth` and resolves with the new end (ISO 8601), or null where that failed. */
export function createSession({
  options,
  gateway,
  environment,
  scope,
  keeping,
  authenticate,
  onSession,
  onOther,
}: {
  options: ChatClientOptions;
  gateway: string;
  environment: ClientEnvironment;
  scope: Scope;
  keeping: Keeping;
  authenticate: (token: string) => Promise<string | null>;
  onSession: (session: ClientEvents["session"]) => void;
  /** The held token is another user's from now on: the visitor signed out in another tab, or was revoked. */
  onOther: () => void;
}): Session {
  const visitorKey = visitorStorageKey(gateway, options.siteKey ?? "");
  let userToken = options.userToken;
  let visitor: Visitor | null = null;
  /** The id of the visitor whom storage had when it was last read or written here. */
  let kept: string | undefined;
  /** `endsAt` by the gateway's clock, `goodUntil` by this one; milliseconds since 1970. */
  let held: {
    token: string;
    user: string | null;
    endsAt: number;
    goodUntil: number;
    proven: boolean;
  } | null = null;
  let minting: Promise<Grant> | null = null;
  let identity = 0;
  let aheadBy = 0;
  let cancelRenewal: Unsubscribe | null = null;

  // Another tab may have used the visitor token since, which replaced it: storage comes first.
  const knownVisitor = (): Visitor | null => keptVisitor() ?? visitor;

  function keptVisitor(): Visitor | null {
    const found = keeping.read(visitorKey) as Partial<Visitor> | null;
    // Any script of the page's origin may have written there.
    if (typeof found?.token !== "string" || typeof found.user?.id !== "string") return null;
    kept = found.user.id;
    return found as Visitor;
  }

  function hold({ token, expiresAt }: { token: string; expiresAt?: string }, user: string | null): Grant {
    const endsAt = Date.parse(expiresAt ?? "");
    const never = Number.POSITIVE_INFINITY;
    held = { token, user, endsAt: endsAt >= 0 ? endsAt : never, goodUntil: never, proven: false };
    return { ok: true, token };
  }

  async function mint(): Promise<Grant> {
    const asWhom = identity;
    const grant = await (options.token === undefined ? mintWithSiteKey() : askForToken(options.token));
    // `identify` or `logout` came in between: what was minted is somebody else's.
    return asWhom === identity ? grant : mint();
  }

  async function askForToken(provide: NonNullable<ChatClientOptions["token"]>): Promise<Grant> {
    try {
      return hold(await provide(), null);
    } catch (error) {
      const message = error instanceof Error ? error.message : "no token was handed out";
      return { ok: false, stop: false, error: { code: "UNAUTHORIZED", message } };
    }
  }

  /** `refused` is a visitor's token that does not hold: the session is to be somebody new's. */
  async function mintWithSiteKey(refused?: string, challenge?: object): Promise<Grant> {
    const asWhom = identity;
    const visitorToken = refused === undefined ? knownVisitor()?.token : undefined;
    const answer = await call({ environment, scope }, `${gateway}/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ siteKey: options.siteKey, visitorToken, userToken, challenge }),
    });
    const { status, body, error } = answer;
    if (asWhom !== identity) return { ok: false, stop: false, error };
    if (status === 201 && typeof body.token === "string") {
      const minted = body as unknown as Minted;
      visitor = minted.visitorToken ? { token: minted.visitorToken, user: minted.user } : null;
      const isReplaced = refused !== undefined && keptVisitor()?.token === refused;
      if (visitor === null || isReplaced) keeping.remove(visitorKey);
      remember();
      onSession({ user: minted.user, settings: minted.settings ?? {} });
      return hold(minted, minted.user.id);
    }
    // The stored visitor may be what is refused (forgotten, revoked): a new one may still come in.
    if (status === 401 && visitorToken !== undefined) return mintWithSiteKey(visitorToken);
    if (error.code === "CHALLENGE_REQUIRED" && challenge === undefined) {
      let ended = false;
      const release = scope.own(() => {
        ended = true;
      });
      const found = await answerChallenge(body.challenge, () => !ended && asWhom === identity);
      release();
      if (found !== null) return mintWithSiteKey(refused, found);
    }
    const stop = status >= 400 && status < 500 && status !== 408 && status !== 429;
    return { ok: false, stop, error: clientError(error) };
  }

  function remember(): void {
    if (visitor === null) return;
    const { id } = visitor.user;
    const before = kept;
    const found = keptVisitor();
    // Whoever was kept and is no more, or made room for another, was signed out in another tab: they stay out.
    const isOurs = found === null ? before !== id : found.user.id === id;
    if (isOurs && keeping.write(visitorKey, visitor)) kept = id;
  }

  function plan(expiresAt: string): void {
    // The socket may be another tab's, and live on when the token here has ended.
    const end = Math.min(Date.parse(expiresAt), held?.endsAt ?? Number.POSITIVE_INFINITY);
    const left = end - aheadBy - environment.now();
    if (held !== null) held.goodUntil = environment.now() + left;
    renewAfter(left > 0 ? left * TOKEN_RENEW_AT : CLOCK_SET_MS);
  }

  function renewAfter(milliseconds: number): void {
    cancelRenewal?.();
    cancelRenewal = scope.after(milliseconds, () => void renew());
  }

  function fresh(): Promise<Grant> {
    minting ??= mint().finally(() => {
      minting = null;
    });
    return minting;
  }

  async function renew(): Promise<void> {
    const asWhom = identity;
    const before = held;
    const grant = await fresh();
    if (asWhom !== identity) return;
    if (grant.ok && before !== null && before.user !== held?.user) return onOther();
    const expiresAt = grant.ok ? await authenticate(grant.token) : null;
    if (asWhom !== identity) return;
    if (expiresAt !== null) return plan(expiresAt);
    // The old token is still good: keep it, and try again until it ends, when the gateway says so (4401).
    held = before;
    const left = (before?.goodUntil ?? 0) - environment.now();
    const refused = !grant.ok && grant.stop;
    if (left > RENEW_AGAIN_MS && !refused) renewAfter(Math.max(left / 2, RENEW_AGAIN_MS));
  }

  return {
    token: () =>
      held !== null && environment.now() < held.goodUntil
        ? Promise.resolve<Grant>({ ok: true, token: held.token })
        : fresh(),
    proven: () => held?.proven === true,
    expire() {
      held = null;
    },
    begin(ready) {
      if (held !== null) held.proven = true;
      aheadBy = Date.parse(ready.now) - environment.now();
      plan(ready.expiresAt);
    },
    pause() {
      cancelRenewal?.();
      cancelRenewal = null;
    },
    user: () => held?.user ?? null,
    remembered: () => (userToken === undefined ? (knownVisitor()?.user ?? null) : null),
    remember,
    identify(token) {
      identity++;
      userToken = token;
      held = null;
    },
    forget() {
      identity++;
      userToken = undefined;
      kept = undefined;
      visitor = null;
      held = null;
      keeping.remove(visitorKey);
    },
  };
}
