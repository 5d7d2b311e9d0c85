import { localProxy } from "./local-proxy.ts";

/** A way to a Redis of this machine, on which what is published can be lost. */
export interface LossyProxy {
  readonly port: number;
  /** Publications lost so far. */
  readonly lost: number;
  /** From now on loses what is published and matches; nothing, where null. Redis and who publishes notice nothing. */
  lose(matches: ((message: string) => boolean) | null): void;
  close(): Promise<void>;
}

/** Opens a way to a port of this machine. */
export async function lossyProxy(target: number): Promise<LossyProxy> {
  let matches: ((message: string) => boolean) | null = null;
  let lost = 0;
  /** Sends what is lost to a channel that nobody hears, whose name is as long. */
  const diverted = (command: Command): Buffer => {
    const [name, channel, message] = command.parts;
    const isLost = /^s?publish$/iu.test(String(name)) && matches?.(String(message)) === true;
    if (!isLost || channel === undefined) return command.bytes;
    lost++;
    channel.fill("-");
    return command.bytes;
  };
  const { port, close } = await localProxy(target, (near, far) => {
    let held = Buffer.alloc(0);
    near.on("data", (data) => {
      held = Buffer.concat([held, data]);
      for (let command = readCommand(held); command !== null; command = readCommand(held)) {
        held = held.subarray(command.bytes.length);
        far.write(diverted(command));
      }
    });
    far.pipe(near);
  });
  return {
    port,
    get lost() {
      return lost;
    },
    lose(next) {
      matches = next;
    },
    close,
  };
}

/** A command as clients send it: an array of strings, each with its length before it. */
interface Command {
  readonly bytes: Buffer;
  readonly parts: readonly Buffer[];
}

/** The first command, or null where it is not whole. */
function readCommand(held: Buffer): Command | null {
  let at = 0;
  const number = (): number | null => {
    const end = held.indexOf("\r\n", at);
    if (end === -1) return null;
    const value = Number(held.toString("latin1", at + 1, end));
    at = end + 2;
    return value;
  };
  const count = number();
  if (count === null) return null;
  const parts: Buffer[] = [];
  while (parts.length < count) {
    const length = number();
    if (length === null || at + length + 2 > held.length) return null;
    parts.push(held.subarray(at, at + length));
    at += length + 2;
  }
  return { bytes: held.subarray(0, at), parts };
}
