import type { ServerResponse } from "node:http";
import { type Directives, parseDirectives } from "./directives.ts";
import type { RequestLog } from "./record.ts";

/** What other processes may read and set over HTTP. */
export interface ControlState {
  readonly log: RequestLog;
  /** Directives for the requests to come, one each. */
  readonly queue: Partial<Directives>[];
  /** Directives of requests that say nothing else. */
  base: Directives;
}

/**
 * Serves `GET` and `DELETE /control/requests`, and `POST /control` with `{"directives": "…", "times": 1}`;
 * `times: 0` sets what all requests get from then on.
 */
export function answerControl(
  state: ControlState,
  method: string,
  path: string,
  body: string,
  response: ServerResponse,
): void {
  const answer = (status: number, value: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  if (path === "/control/requests" && method === "GET") {
    answer(200, state.log.records);
    return;
  }
  if (path === "/control/requests" && method === "DELETE") {
    state.log.clear();
    answer(200, { ok: true });
    return;
  }
  if (path !== "/control" || method !== "POST") {
    answer(404, { ok: false });
    return;
  }
  try {
    const { directives, times = 1 } = JSON.parse(body) as { directives: string; times?: number };
    const parsed = parseDirectives(directives);
    if (times === 0) state.base = { ...state.base, ...parsed };
    for (let turn = 0; turn < times; turn++) state.queue.push(parsed);
    answer(200, { ok: true });
  } catch (error) {
    answer(400, { ok: false, message: error instanceof Error ? error.message : String(error) });
  }
}
