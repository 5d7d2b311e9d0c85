import type { Attributes, Span } from "@opentelemetry/api";
import type { LiveReply, ReplyStopped } from "../delivery/live-reply.ts";
import { TaskSet } from "../delivery/task-set.ts";
import { estimatedUsage, estimateTokens } from "../llm/estimate-tokens.ts";
import { inSpan, messageContext } from "../telemetry/tracing.ts";
import { scopeKey } from "../tenants/scope.ts";
import { authenticate } from "./1-authenticate.ts";
import { validate } from "./2-validate.ts";
import { rateCheck } from "./3-rate-check.ts";
import { accept } from "./4-accept.ts";
import { cacheCheck } from "./5-cache-check.ts";
import { route } from "./6-route.ts";
import { stream } from "./7-stream.ts";
import { endReply, persist } from "./8-persist.ts";
import type { Services } from "./services.ts";
import { summarize } from "./summarize.ts";
import { type Admission, type Answering, type Refusal, required, type StepOutcome } from "./turn.ts";

interface Step<Turn> {
  readonly name: string;
  run(turn: Turn, services: Services): Promise<StepOutcome> | StepOutcome;
}

/** A frame's way in: each step goes on, or settles the turn. */
const ADMISSION: readonly Step<Admission>[] = [
  { name: "authenticate", run: authenticate },
  { name: "validate", run: validate },
  { name: "rate-check", run: rateCheck },
  { name: "accept", run: accept },
];

/** An accepted turn's way to its answer: the first step that has one sends it on to be persisted. */
const ANSWER: readonly Step<Answering>[] = [
  { name: "cache-check", run: cacheCheck },
  { name: "route", run: route },
  { name: "stream", run: stream },
];

const PERSIST: Step<Answering> = { name: "persist", run: persist };

/** The way of a message, for `transport`: what asks goes in here, and comes out as frames. */
export interface Pipeline {
  /**
   * Takes a turn: it is acknowledged, or refused, when this resolves. The answer runs on as its own task.
   * Turns of one user are taken one after the other.
   */
  admit(turn: Admission): Promise<void>;
  /** Puts a reply, which this instance is to run, into its conversation's queue. */
  run(reply: LiveReply): void;
  /** Ends a reply that was taken over, as far as it got. */
  end(reply: LiveReply, reason: ReplyStopped["reason"]): Promise<void>;
  /** Stops a reply of this instance now, whether it waits or runs. */
  stop(reply: LiveReply, reason: "cancelled" | "abandoned" | "interrupted"): void;
  /** Resolves when nothing is being taken or answered any more. */
  idle(): Promise<void>;
  /** Gives up what runs beside answers, and resolves when nothing is left. */
  close(): Promise<void>;
}

/** Puts the steps to work. */
export function createPipeline(services: Services): Pipeline {
  const admissions = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  const tasks = new TaskSet((error) =>
    services.log.error({ err: error }, "a reply could not be counted, placed or ended"),
  );
  const summaries = new TaskSet((error) => {
    if (!stopping.signal.aborted) services.log.warn({ err: error }, "a summary could not be made");
  });

  const stopAnywhere = async (reply: LiveReply, id: string): Promise<void> => {
    await services.cluster.stop(reply.scope, id, "cancelled");
  };

  const take = async (turn: Admission): Promise<void> => {
    const outcome = await runAdmission(turn, services);
    if (outcome.next) return;
    if ("accepted" in outcome) {
      const { reply, superseded } = outcome.accepted;
      tasks.add(services.reservations.keep(required(turn.reserved, "reserved")));
      for (const id of superseded) tasks.add(stopAnywhere(reply, id));
      tasks.add(services.cluster.place(reply));
      return;
    }
    await giveBack(turn, services);
    if ("duplicate" in outcome) {
      const { conversation, message, reply } = outcome.duplicate;
      turn.outbox.send({ type: "ack", id: turn.frame.id, conversation, message, reply, duplicate: true });
    } else if ("refusal" in outcome) {
      refused(turn, outcome.refusal);
    }
  };

  return {
    admit(turn) {
      const key = scopeKey(turn.principal);
      const before = admissions.get(key) ?? Promise.resolve();
      const taken = before.then(() => take(turn));
      const settled = taken.catch(async (error: unknown) => {
        services.log.error({ err: error, tenant: turn.principal.tenant }, "a turn could not be taken");
        await giveBack(turn, services);
        refused(turn, {
          code: "INTERNAL",
          message: "the message could not be stored; send it again",
          retryAfter: 2,
        });
      });
      admissions.set(key, settled);
      void settled.then(() => {
        if (admissions.get(key) === settled) admissions.delete(key);
      });
      return settled;
    },
    run(reply) {
      services.queues.add(reply, async () => {
        await answer(reply, services);
        if (!stopping.signal.aborted) summaries.add(summarize(reply, services, stopping.signal));
      });
    },
    end: (reply, reason) => endWaiting(reply, reason, services),
    stop(reply, reason) {
      const waiting = reply.state === "queued";
      reply.stop(reason);
      if (waiting && services.queues.remove(reply)) tasks.add(endWaiting(reply, reason, services));
    },
    async idle() {
      await Promise.all(admissions.values());
      await services.queues.idle();
      await tasks.settled();
    },
    async close() {
      stopping.abort(new Error("the gateway stops"));
      await summaries.settled();
    },
  };
}

/** The turn was not taken after all: what was reserved for it is free again. */
async function giveBack(turn: Admission, services: Services): Promise<void> {
  if (turn.reserved === undefined) return;
  try {
    await services.reservations.giveBack(turn.principal, turn.reserved.reservation);
  } catch (error) {
    services.log.error(
      { err: error, tenant: turn.principal.tenant },
      "a reservation could not be given back",
    );
  }
}

async function runAdmission(turn: Admission, services: Services): Promise<StepOutcome> {
  const parent = messageContext(turn.messageId);
  const attributes = { "parlance.tenant": turn.principal.tenant, "parlance.message": turn.messageId };
  for (const step of ADMISSION) {
    const outcome = await runStep(step, turn, services, { parent, attributes });
    if (!outcome.next) return outcome;
  }
  throw new Error("the last step of admission settles the turn");
}

async function answer(reply: LiveReply, services: Services): Promise<void> {
  const tenant = await services.directory.tenant(reply.scope.tenant);
  if (reply.state === "ended" || !services.cluster.owns(reply)) return;
  if (tenant === null) {
    await endWaiting(reply, "interrupted", services);
    return;
  }
  const turn: Answering = { reply, tenant, epoch: reply.epoch, signal: reply.signal };
  reply.start();
  const parent = messageContext(reply.message);
  const attributes = {
    "parlance.tenant": tenant.id,
    "parlance.message": reply.message,
    "parlance.reply": reply.id,
  };
  try {
    for (const step of ANSWER) {
      const outcome = await runStep(step, turn, services, { parent, attributes });
      if (!outcome.next) break;
    }
  } catch (error) {
    services.log.error({ err: error, tenant: tenant.id, reply: reply.id }, "a step failed");
    turn.result = {
      reason: "error",
      ...estimatedUsage(reply.attempt, reply.log.text()),
      trouble: { code: "INTERNAL", message: "the answer could not be made" },
    };
  }
  if (turn.cannotGoOn === true && (await begunAnew(turn, services))) {
    await answer(reply, services);
    return;
  }
  await runStep(PERSIST, turn, services, { parent, attributes });
}

/**
 * Gives up what a lost attempt had begun, for the answer to be made anew. Where that fails, the reply ends as it
 * is, with the error that it came to.
 */
async function begunAnew({ reply, tenant, model }: Answering, services: Services): Promise<boolean> {
  const { kept } = reply;
  try {
    if (!(await services.cluster.anew(reply))) return false;
  } catch (error) {
    services.log.error(
      { err: error, tenant: tenant.id, reply: reply.id },
      "an answer could not be begun anew",
    );
    return false;
  }
  const waste = { model: model?.name ?? "", inputTokens: 0, outputTokens: estimateTokens(kept) };
  await services.wasted(reply.scope.tenant, waste);
  return true;
}

/** A reply that ends with no model called: with what a lost attempt has left of it, where there was one. */
async function endWaiting(
  reply: LiveReply,
  reason: "cancelled" | "abandoned" | "interrupted",
  services: Services,
): Promise<void> {
  const taken = estimatedUsage(reply.attempt, reply.log.text());
  await endReply(reply, { reason, ...taken, trouble: null }, services);
}

function runStep<Turn>(
  step: Step<Turn>,
  turn: Turn,
  services: Services,
  options: { parent: ReturnType<typeof messageContext>; attributes: Attributes },
): Promise<StepOutcome> {
  return inSpan(services.tracer, step.name, options, async (span: Span) => {
    const outcome = await step.run(turn, services);
    if (!outcome.next && "refusal" in outcome) span.setAttribute("parlance.code", outcome.refusal.code);
    return outcome;
  });
}

function refused(turn: Admission, refusal: Refusal): void {
  const { conversation } = turn.frame.type === "message" ? turn.frame : { conversation: undefined };
  turn.outbox.send({
    type: "error",
    ...refusal,
    ref: turn.frame.id,
    ...(conversation === undefined ? {} : { conversation }),
  });
}
