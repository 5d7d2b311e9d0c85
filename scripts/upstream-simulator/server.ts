import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerError, answerStream, answerWhole, type Exchange, finish } from "./answer.ts";
import { answerControl, type ControlState } from "./control.ts";
import { DEFAULT_DIRECTIVES, type Directives, directivesIn, parseDirectives } from "./directives.ts";
import { readAsked } from "./go-on.ts";
import { Hold } from "./hold.ts";
import { Pacer } from "./pacer.ts";
import { planStream } from "./plan.ts";
import { PromptCache } from "./prompt-cache.ts";
import { seedOf } from "./random.ts";
import { now, type RequestEvents, RequestLog, type RequestRecord } from "./record.ts";
import { type MessagesRequest, readMessagesRequest, refuseHeaders } from "./validate.ts";

/** How a simulator is started; all has a default. */
export interface UpstreamSimulatorOptions {
  /** 127.0.0.1. */
  readonly host?: string;
  /** 0, which picks a free one. */
  readonly port?: number;
  /** The only key taken. Absent: any. */
  readonly apiKey?: string;
  /** What requests get where they say nothing else. */
  readonly defaults?: Partial<Directives>;
  /** Requests remembered; the oldest are forgotten first. 10,000. */
  readonly records?: number;
}

/** A simulator that listens. */
export interface UpstreamSimulator {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  readonly port: number;
  /** Requests to `/v1/messages`, oldest first. */
  readonly requests: readonly RequestRecord[];
  /** What the next request (or the next `times`) gets, unless it says something else itself. */
  next(directives: Partial<Directives>, times?: number): void;
  /** Lets go on what `holdAfter` holds, or will hold, of all requests so far: for so many tokens, or to the end. */
  goOn(tokens?: number): void;
  /** The first request that matches, now or as soon as one does; rejects after 45 s, or when the simulator closes. */
  waitFor(matches: (record: RequestRecord) => boolean): Promise<RequestRecord>;
  /** Calls the listener at each such event; returns what ends that. */
  on(event: keyof RequestEvents, listener: (record: RequestRecord) => void): () => void;
  /** Forgets all requests and whatever was set by `next`. */
  reset(): void;
  /** Ends everything, open streams too. */
  close(): Promise<void>;
}

const LARGEST_BODY = 32 * 1_024 * 1_024;

/** Starts a server that answers as Anthropic's Messages API does. */
export async function startUpstreamSimulator(
  options: UpstreamSimulatorOptions = {},
): Promise<UpstreamSimulator> {
  const log = new RequestLog(options.records ?? 10_000);
  const pacer = new Pacer();
  const cache = new PromptCache();
  const control: ControlState = { log, queue: [], base: { ...DEFAULT_DIRECTIVES, ...options.defaults } };
  const holds = new Set<Hold>();
  const connections = new WeakMap<object, number>();
  let count = 0;
  let connectionCount = 0;

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? "/", "http://simulator").pathname;
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
    });
    request.on("error", () => response.destroy());
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      if (path.startsWith("/control"))
        return answerControl(control, request.method ?? "GET", path, body, response);
      answerMessages({ request, response, path, body, tooLarge: size > LARGEST_BODY });
    });
  };

  const answerMessages = (call: {
    request: IncomingMessage;
    response: ServerResponse;
    path: string;
    body: string;
    tooLarge: boolean;
  }): void => {
    const { request, response } = call;
    const parsed = parseJson(call.body);
    const read = readMessagesRequest(parsed);
    const asked = read.ok ? readAsked(read.request).question : "";
    const id = `req_${String(++count).padStart(8, "0")}`;
    const said = directivesOf(control, request, asked);
    const directives = { ...said.directives, seed: said.directives.seed ?? seedOf(asked) };
    const { headers } = request;
    const record: RequestRecord = {
      id,
      connection: connections.get(request.socket) ?? 0,
      headers,
      body: parsed,
      directives,
      startedAt: now(),
      tokensSent: 0,
    };
    const hold = new Hold(directives);
    const exchange: Exchange = { response, record, log, pacer, hold };
    holds.add(hold);
    response.on("close", () => holds.delete(hold));
    log.add(record);
    watchForAbort(exchange);
    log.tell("request", record);
    if (said.mistake) {
      answerError(exchange, 400, said.mistake);
      return;
    }
    if (request.method !== "POST" || call.path !== "/v1/messages") {
      answerError(exchange, 404, "Not Found");
      return;
    }
    if (call.tooLarge) {
      answerError(exchange, 413, "Request exceeds the maximum size");
      return;
    }
    const refusal = refuseHeaders(headers, options.apiKey) ?? (read.ok ? undefined : read.refusal);
    if (refusal) {
      answerError(exchange, refusal.status, refusal.message, refusal.type);
      return;
    }
    if (!read.ok) return;
    const go = (): void => {
      if (record.abortedAt === undefined) answer(exchange, read.request);
    };
    if (directives.delay > 0) pacer.at(performance.now() + directives.delay, go);
    else go();
  };

  const answer = (exchange: Exchange, request: MessagesRequest): void => {
    const { record, response } = exchange;
    const { directives } = record;
    if (directives.reset) {
      finish(exchange, 0);
      response.destroy();
      return;
    }
    const fail = readAsked(request).begun === "" ? directives.fail : directives.goOnFail;
    if (fail !== undefined) {
      answerError(exchange, fail, "simulated failure");
      return;
    }
    const usage = cache.count(request);
    const id = `msg_${record.id.slice(4)}`;
    const plan = planStream(request, directives, id, usage);
    if (request.stream) {
      answerStream(exchange, plan);
      return;
    }
    answerWhole(exchange, plan, {
      id,
      type: "message",
      role: "assistant",
      model: request.model,
      content: [{ type: "text", text: plan.text }],
      stop_reason: plan.stopReason,
      stop_sequence: null,
      usage: { ...usage, output_tokens: plan.outputTokens, service_tier: "standard" },
    });
  };

  const server = createServer({ keepAliveTimeout: 30_000 }, handle);
  server.on("connection", (socket) => connections.set(socket, ++connectionCount));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${options.host ?? "127.0.0.1"}:${port}`,
    port,
    get requests() {
      return log.records;
    },
    next: (directives, times = 1) => {
      for (let turn = 0; turn < times; turn++) control.queue.push(directives);
    },
    goOn: (tokens = Number.POSITIVE_INFINITY) => {
      for (const hold of holds) hold.letGo(tokens);
    },
    waitFor: (matches) => log.waitFor(matches),
    on: (event, listener) => log.on(event, listener),
    reset: () => {
      log.clear();
      control.queue.length = 0;
    },
    close: async () => {
      pacer.stop();
      log.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Marks a request as aborted in the turn in which its connection is seen to end too early. */
function watchForAbort({ response, record, log }: Exchange): void {
  const { socket } = response;
  if (!socket) return;
  const aborted = (): void => {
    release();
    if (record.endedAt !== undefined || record.abortedAt !== undefined) return;
    record.abortedAt = now();
    log.tell("aborted", record);
  };
  const release = (): void => {
    for (const event of ["end", "error", "close"] as const) socket.off(event, aborted);
    response.off("finish", release);
  };
  for (const event of ["end", "error", "close"] as const) socket.on(event, aborted);
  response.on("finish", release);
}

/** What this request gets: the server's defaults, then what was queued, its header's, its message's. */
function directivesOf(
  control: ControlState,
  request: IncomingMessage,
  asked: string,
): { readonly directives: Directives; readonly mistake?: string } {
  const base = { ...control.base, ...control.queue.shift() };
  try {
    const header = parseDirectives(String(request.headers["x-sim"] ?? ""));
    return { directives: { ...base, ...header, ...directivesIn(asked) } };
  } catch (error) {
    return { directives: base, mistake: error instanceof Error ? error.message : String(error) };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
