import type { ServerFrameOf } from "@parlance/protocol";
import type { Cluster } from "../delivery/cluster/cluster.ts";
import type { Connections } from "../delivery/connections.ts";
import type { LiveReplies } from "../delivery/live-replies.ts";
import type { History } from "../history/history.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";
import type { Archive } from "../ports/archive.ts";
import type { TenantRecord } from "../ports/registry-store.ts";
import type { Clock, Ids } from "../ports/system.ts";
import type { Log } from "../telemetry/log.ts";
import type { TenantDirectory } from "../tenants/directory.ts";
import type { Tokens } from "../tenants/tokens.ts";
import type { OpenSessions } from "./revocation.ts";
import type { SecondWheel } from "./second-wheel.ts";

/** What a chat session works with; `compose.ts` fills it. */
export interface ChatServices {
  readonly archive: Archive;
  readonly history: History;
  readonly pipeline: Pipeline;
  readonly cluster: Cluster;
  readonly connections: Connections;
  readonly replies: LiveReplies;
  readonly directory: TenantDirectory;
  readonly tokens: Tokens;
  readonly sessions: OpenSessions;
  readonly wheel: SecondWheel;
  /** What a socket is told that was let in just before this instance began to end; null while it does not. */
  readonly farewell: (tenant: TenantRecord) => ServerFrameOf<"goaway"> | null;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}
