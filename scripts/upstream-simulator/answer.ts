import type { ServerResponse } from "node:http";
import type { Hold } from "./hold.ts";
import type { Pacer } from "./pacer.ts";
import type { Plan } from "./plan.ts";
import { now, type RequestLog, type RequestRecord } from "./record.ts";
import { errorBody, errorTypeOf, sse } from "./wire.ts";

/** One request and what is needed to answer it. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly record: RequestRecord;
  readonly log: RequestLog;
  readonly pacer: Pacer;
  readonly hold: Hold;
}

/** Answers with an error in Anthropic's shape. */
export function answerError(
  { response, record, log }: Exchange,
  status: number,
  message: string,
  type = errorTypeOf(status),
): void {
  const { retryAfter } = record.directives;
  response.writeHead(status, {
    "content-type": "application/json",
    "request-id": record.id,
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  response.end(errorBody(type, message, record.id));
  finish({ record, log }, status);
}

/** Answers with one JSON message, once the time that streaming it would take has passed. */
export function answerWhole(
  exchange: Exchange,
  plan: Plan,
  message: Readonly<Record<string, unknown>>,
): void {
  const { response, record, pacer } = exchange;
  const { rate } = record.directives;
  pacer.at(performance.now() + (plan.outputTokens / rate) * 1_000, () => {
    if (record.abortedAt !== undefined) return;
    record.firstEventAt = now();
    record.tokensSent = plan.steps.reduce((sum, step) => sum + step.tokens, 0);
    response.writeHead(200, { "content-type": "application/json", "request-id": record.id });
    response.end(JSON.stringify(message));
    finish(exchange, 200);
  });
}

/** Streams an answer as its directives pace, cut and end it. */
export function answerStream(exchange: Exchange, plan: Plan): void {
  const { response, record, log } = exchange;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "request-id": record.id,
  });
  record.status = 200;
  if (record.directives.split !== undefined) {
    sendSplit(exchange, plan, record.directives.split);
    return;
  }
  if (record.directives.burst) {
    sendAtOnce(exchange, plan);
    return;
  }
  response.write(plan.opening);
  record.firstEventAt = now();
  log.tell("firstEvent", record);
  sendPaced(exchange, plan);
}

function sendPaced(exchange: Exchange, plan: Plan): void {
  const { response, record, log, pacer, hold } = exchange;
  let begin = performance.now();
  const gap = (1_000 / record.directives.rate) * record.directives.chunk;
  let next = 0;
  const send = (): void => hold.pass(record.tokensSent, write);
  const write = (waited: boolean): void => {
    if (record.abortedAt !== undefined) return;
    const step = plan.steps[next];
    if (!step) {
      end(exchange, plan);
      return;
    }
    if (waited) begin = performance.now() - next * gap;
    response.write(step.event);
    next++;
    countTokens(record, step.tokens);
    log.tell("token", record);
    pacer.at(begin + next * gap, send);
  };
  send();
}

function sendAtOnce(exchange: Exchange, plan: Plan): void {
  const { response, record, log } = exchange;
  response.write(plan.opening + plan.steps.map((step) => step.event).join(""));
  record.firstEventAt = now();
  for (const step of plan.steps) countTokens(record, step.tokens);
  log.tell("firstEvent", record);
  end(exchange, plan);
}

function sendSplit(exchange: Exchange, plan: Plan, size: number): void {
  const { response, record, log, pacer } = exchange;
  const whole = plan.ending === "whole" ? plan.closing : "";
  const bytes = Buffer.from(plan.opening + plan.steps.map((step) => step.event).join("") + whole);
  let at = 0;
  const send = (): void => {
    if (record.abortedAt !== undefined) return;
    if (at === 0) {
      record.firstEventAt = now();
      log.tell("firstEvent", record);
    }
    response.write(bytes.subarray(at, at + size));
    at += size;
    if (at < bytes.length) {
      pacer.at(performance.now() + 1, send);
      return;
    }
    for (const step of plan.steps) countTokens(record, step.tokens);
    end(exchange, { ...plan, closing: "" });
  };
  send();
}

function countTokens(record: RequestRecord, tokens: number): void {
  if (tokens === 0) return;
  record.tokensSent += tokens;
  record.lastTokenAt = now();
  record.firstTokenAt ??= record.lastTokenAt;
}

function end(exchange: Exchange, plan: Plan): void {
  const { response, record } = exchange;
  switch (plan.ending) {
    case "stall":
      return;
    case "cut":
      finish(exchange, 200);
      // What was written is still on its way to the socket in this turn.
      setImmediate(() => response.destroy());
      return;
    case "error": {
      const type = record.directives.errorType;
      response.end(sse("error", errorBody(type, `simulated ${type}`, record.id)));
      break;
    }
    case "end":
      response.end();
      break;
    case "whole":
      response.end(plan.closing);
      break;
  }
  finish(exchange, 200);
}

/** Notes that the answer has ended from this side. */
export function finish({ record, log }: Pick<Exchange, "record" | "log">, status: number): void {
  record.status = status;
  record.endedAt = now();
  log.tell("ended", record);
}
