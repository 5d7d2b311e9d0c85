import { lookup } from "node:dns/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import { type OutsideAnswer, type OutsideFetch, OutsideRefused } from "../../ports/outside-fetch.ts";
import { isPublicAddress } from "./public-addresses.ts";

const LIMIT_BYTES = 65_536;
const LIMIT_MILLISECONDS = 3_000;
const REDIRECTS = 3;
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);

/** What a test puts in the place of the internet. */
export interface OutsideFetchOptions {
  /** Addresses of a host; absent asks the system's resolver. */
  resolve?(host: string): Promise<readonly string[]>;
  /** Which addresses may be connected to; absent are the public ones. */
  permitted?(address: string): boolean;
  /** PEM of an authority to trust in the place of the system's. */
  readonly authority?: string;
}

interface Ask {
  readonly url: URL;
  readonly form: string | null;
  readonly signal: AbortSignal;
}

/** Asks over HTTPS, each time on a connection of its own. */
export function createOutsideFetch(options: OutsideFetchOptions = {}): OutsideFetch {
  const { resolve = resolveBySystem, permitted = isPublicAddress, authority } = options;

  const addressOf = async (host: string, signal: AbortSignal): Promise<string> => {
    const bare = host.replace(/^\[|\]$/g, "");
    const addresses = isIP(bare) !== 0 ? [bare] : await beforeEnd(resolve(bare), signal);
    const [first] = addresses;
    // One that is not public is reason enough: which one is connected to would be chance.
    if (first === undefined || !addresses.every(permitted)) {
      throw new OutsideRefused(`${host} is not a server of the public internet`);
    }
    return first;
  };

  const once = async ({ url, form, signal }: Ask): Promise<OutsideAnswer & { location: string | null }> => {
    if (url.protocol !== "https:") throw new OutsideRefused(`${url.host}: only https is asked`);
    if (url.username !== "" || url.password !== "")
      throw new OutsideRefused(`${url.host}: a URL with credentials is not asked`);
    const address = await addressOf(url.hostname, signal);
    const response = await send(url, { address, form, signal, authority });
    const body = await bodyOf(response, url.host);
    return { status: response.statusCode ?? 0, body, location: response.headers.location ?? null };
  };

  const ask = async (text: string, form: string | null): Promise<OutsideAnswer> => {
    let url = parsed(text);
    const signal = AbortSignal.timeout(LIMIT_MILLISECONDS);
    for (let redirects = 0; redirects <= REDIRECTS; redirects++) {
      const { status, body, location } = await refusing(url.host, () => once({ url, form, signal }));
      if (!REDIRECT_STATUSES.has(status) || location === null) return { status, body };
      if (form !== null) throw new OutsideRefused(`${url.host} redirects a form`);
      url = parsed(location, url);
    }
    throw new OutsideRefused(`${url.host} redirects again and again`);
  };

  return {
    get: (url) => ask(url, null),
    postForm: (url, fields) => ask(url, new URLSearchParams(fields).toString()),
  };
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function parsed(text: string, base?: URL): URL {
  if (!URL.canParse(text, base)) throw new OutsideRefused("not a URL");
  return new URL(text, base);
}

/** A resolver has no signal of its own. */
function beforeEnd<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const ended = Promise.withResolvers<never>();
  const end = (): void => ended.reject(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  return Promise.race([promise, ended.promise]).finally(() => signal.removeEventListener("abort", end));
}

async function refusing<Value>(host: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OutsideRefused) throw error;
    throw new OutsideRefused(`${host} cannot be asked`, { cause: error });
  }
}

/** The connection goes to the address that was judged; name and certificate are the host's. */
function send(
  url: URL,
  how: { address: string; form: string | null; signal: AbortSignal; authority: string | undefined },
): Promise<IncomingMessage> {
  const { address, form, signal, authority } = how;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const outgoing = request(
    {
      host: address,
      port: url.port === "" ? 443 : Number(url.port),
      path: `${url.pathname}${url.search}`,
      method: form === null ? "GET" : "POST",
      headers: {
        host: url.host,
        accept: "application/json",
        ...(form === null
          ? {}
          : {
              "content-type": "application/x-www-form-urlencoded",
              "content-length": Buffer.byteLength(form),
            }),
      },
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(authority === undefined ? {} : { ca: authority }),
      agent: false,
      signal,
      maxHeaderSize: 16_384,
    },
    resolve,
  );
  outgoing.on("error", reject);
  outgoing.end(form ?? undefined);
  return promise;
}

async function bodyOf(response: IncomingMessage, host: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) {
      response.destroy();
      throw new OutsideRefused(`${host} answers with more than ${LIMIT_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
