import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { OPERATOR_KEY } from "../../gateway/test/live/support/admin-client.ts";
import type { GatewayProcess } from "../../gateway/test/live/support/gateway-process.ts";
import { type Instances, prepareInstances } from "../../gateway/test/live/support/instances.ts";
import { TWO_TENANTS } from "../../gateway/test/live/support/test-gateway.ts";
import type { RequestRecord } from "../upstream-simulator/index.ts";
import { billed } from "./bill.ts";
import type { Fault } from "./plan.ts";

/** A time in which an instance did not work, from its kill or stop to its end. Moments as the upstream's. */
export interface Outage {
  readonly instance: string;
  readonly from: number;
  to: number;
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

interface Slot {
  name: string;
  gateway: GatewayProcess;
  up: boolean;
}

const NO_LIMITS = { messagesPerMinute: null, messagesPerHour: null, concurrentStreams: null };

/** Milliseconds since 1970 as the upstream says them. */
const now = (): number => performance.timeOrigin + performance.now();

/** Instances on one Redis, and what befalls them. Each has its own key for the upstream, which so knows who calls. */
export class ChaosStage {
  readonly instances: Instances;
  readonly redis: Redis;
  readonly outages: Outage[] = [];
  readonly #slots: Slot[] = [];
  #started = 0;
  #nextSeed = 1;

  private constructor(instances: Instances) {
    this.instances = instances;
    this.redis = new Redis(instances.redisUrl, { maxRetriesPerRequest: null });
    // Every call of the model is answered with another text, so that attempts can be told apart.
    const nextText = (): void => instances.upstream.next({ seed: this.#nextSeed++ });
    nextText();
    instances.upstream.on("request", nextText);
  }

  static async open(count: number): Promise<ChaosStage> {
    const tenants = TWO_TENANTS.tenants.map((tenant) => ({ ...tenant, limits: NO_LIMITS }));
    const stage = new ChaosStage(await prepareInstances({ tenants }));
    for (let index = 0; index < count; index++) stage.#slots.push(await stage.#start(index));
    return stage;
  }

  /** Where one may try to connect; another than that one, where there is one. */
  anyInstance(random: () => number, but: string | null): { chatUrl: string; instance: string } {
    const up = this.#slots.filter((slot) => slot.up && slot.name !== but);
    const choice = up.length > 0 ? up : this.#slots;
    const slot = choice[Math.floor(random() * choice.length)];
    if (slot === undefined) throw new Error("there are no instances");
    return { chatUrl: slot.gateway.chatUrl, instance: slot.name };
  }

  /** Calls of the model for questions, oldest first; those for summaries left out. */
  calls(): readonly RequestRecord[] {
    return this.instances.upstream.requests.filter(
      ({ body }) => !JSON.stringify(body).includes("You keep the memory"),
    );
  }

  /** Lets one thing happen, from its beginning to its end. */
  async suffer(fault: Fault): Promise<void> {
    if (fault.kind === "redis") {
      this.instances.redis.pause();
      await pause(fault.seconds * 1000);
      this.instances.redis.resume();
      return;
    }
    const slot = this.#slots[fault.instance];
    if (slot === undefined) throw new Error(`there is no instance ${fault.instance}`);
    const outage = { instance: slot.name, from: now(), to: Number.POSITIVE_INFINITY };
    this.outages.push(outage);
    if (fault.kind === "stop") {
      slot.gateway.process.kill("SIGSTOP");
      await pause(fault.seconds * 1000);
      slot.gateway.process.kill("SIGCONT");
      outage.to = now();
      return;
    }
    slot.up = false;
    await slot.gateway.end("SIGKILL");
    await pause(fault.seconds * 1000);
    Object.assign(slot, await this.#start(fault.instance));
  }

  /** What the tenant is billed in all. */
  async billed(): ReturnType<typeof billed> {
    const slot = this.#slots.find(({ up }) => up);
    if (slot === undefined) throw new Error("no instance is up");
    return await billed(`http://127.0.0.1:${slot.gateway.port}`, "acme", OPERATOR_KEY);
  }

  /**
   * Asks every instance to end; what did not end well is told. One that keeps a timer, a socket or a thread does not end
   * by itself: its last word says what it kept, and its exit code is not 0.
   */
  async end(): Promise<string[]> {
    const codes = await Promise.all(this.#slots.map(({ gateway }) => gateway.end("SIGTERM")));
    return codes.flatMap((code, index) =>
      code === 0
        ? []
        : [`${this.#slots[index]?.name} ended with ${code}: ${this.#slots[index]?.gateway.log.at(-1)}`],
    );
  }

  /** What instances logged of errors, by message, and what Node itself warned of. */
  troubles(): Map<string, number> {
    const found = new Map<string, number>();
    for (const { name, gateway } of this.#slots) {
      for (const line of gateway.log) {
        const { level, msg } = line.startsWith("{")
          ? (JSON.parse(line) as LogLine)
          : { level: 40, msg: line };
        if (level >= 40) found.set(`${name}: ${msg}`, (found.get(`${name}: ${msg}`) ?? 0) + 1);
      }
    }
    return found;
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    await this.instances.stop();
  }

  async #start(index: number): Promise<Slot> {
    const name = `instance-${index}-${++this.#started}`;
    const gateway = await this.instances.start({
      ANTHROPIC_API_KEY: name,
      PARLANCE_ADMIN_KEY: OPERATOR_KEY,
    });
    return { name, gateway, up: true };
  }
}

/** The instance that made a call of the model. */
export function callerOf({ headers }: RequestRecord): string {
  return String(headers["x-api-key"] ?? headers.authorization).replace("Bearer ", "");
}

/** The text of a call's last message: the question. */
export function questionOf({ body }: RequestRecord): string {
  const { messages } = body as { messages: { content: string | { text?: string }[] }[] };
  const content = messages.at(-1)?.content ?? "";
  return typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("");
}
