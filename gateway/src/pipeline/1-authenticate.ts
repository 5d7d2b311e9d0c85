import { TOKEN_GRACE_SECONDS } from "@parlance/protocol";
import type { Services } from "./services.ts";
import { type Admission, GO_ON, refuse, type StepOutcome } from "./turn.ts";

/**
 * The socket was authenticated before its 101 (`transport/admission.ts`). Here it is asked whether that still
 * holds, and the tenant is read as it is now: a changed model or prompt counts from this turn on.
 */
export async function authenticate(turn: Admission, services: Services): Promise<StepOutcome> {
  const { principal } = turn;
  if (services.clock.now() > principal.expiresAt + TOKEN_GRACE_SECONDS * 1000) {
    return refuse("TOKEN_EXPIRED", "the session's token has expired; renew it with an `auth` frame");
  }
  // A visitor whose token was copied, or who became a user, is nobody any more, on every instance.
  if (principal.anonymous && !(await services.visitors.alive(principal))) {
    return refuse("TOKEN_EXPIRED", "the visitor's sessions were ended; ask for a new one");
  }
  const tenant = await services.directory.tenant(principal.tenant);
  if (tenant === null) return refuse("FORBIDDEN", "this tenant no longer exists");
  turn.tenant = tenant;
  return GO_ON;
}
