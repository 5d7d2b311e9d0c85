import { TestEnvironment } from "jest-environment-jsdom";

/** What browsers and Node both have and jsdom does not: Node's own stand in. */
const NODE_GLOBALS = [
  "BroadcastChannel",
  "CompressionStream",
  "DecompressionStream",
  "Headers",
  "MessageChannel",
  "ReadableStream",
  "Response",
  "TextDecoder",
  "TextEncoder",
  "TransformStream",
  "WritableStream",
  "structuredClone",
];

/**
 * jsdom for the widget's tests, with what it lacks: Node's web globals, adopted style sheets, media queries that
 * never match, and observers that never fire (jsdom lays nothing out, so there is nothing to observe).
 */
export default class BrowserEnvironment extends TestEnvironment {
  /** Packages resolve as in Node, so that msw's Node half is found; the widget's own have one build for both. */
  exportConditions() {
    return ["node", "node-addons"];
  }

  async setup() {
    await super.setup();
    const page = this.global;
    for (const name of NODE_GLOBALS) define(page, name, globalThis[name]);
    // What the globals above make is made of these; a copy of the page's own would fail `instanceof`.
    define(page, "Uint8Array", Uint8Array);
    define(page, "ArrayBuffer", ArrayBuffer);
    define(page, "fetch", (input, init) => fetch(input, followed(init)));
    define(page, "Request", PageRequest);
    Object.defineProperty(page.crypto, "subtle", { value: crypto.subtle, configurable: true });
    adoptStyleSheets(page);
    define(page, "matchMedia", (media) =>
      Object.assign(new page.EventTarget(), { media, matches: false, onchange: null }),
    );
    define(page, "ResizeObserver", silentObserver());
    define(page, "IntersectionObserver", silentObserver());
    page.Element.prototype.scrollIntoView ??= function scrollIntoView() {};
  }
}

function define(page, name, value) {
  Object.defineProperty(page, name, { value, configurable: true, writable: true });
}

/** Node's fetch refuses jsdom's AbortSignal, and jsdom's listeners refuse Node's: so one of Node's follows the page's. */
function followed(init) {
  const signal = init?.signal;
  if (!signal || signal instanceof AbortSignal) return init;
  const follower = new AbortController();
  if (signal.aborted) follower.abort(signal.reason);
  signal.addEventListener("abort", () => follower.abort(signal.reason), { once: true });
  return { ...init, signal: follower.signal };
}

class PageRequest extends Request {
  constructor(input, init) {
    super(input, followed(init));
  }
}

function adoptStyleSheets(page) {
  const sheets = new WeakMap();
  const adoptedStyleSheets = {
    configurable: true,
    get() {
      if (!sheets.has(this)) sheets.set(this, []);
      return sheets.get(this);
    },
    set(list) {
      sheets.set(this, [...list]);
    },
  };
  Object.defineProperty(page.Document.prototype, "adoptedStyleSheets", adoptedStyleSheets);
  Object.defineProperty(page.ShadowRoot.prototype, "adoptedStyleSheets", adoptedStyleSheets);
  page.CSSStyleSheet.prototype.replaceSync ??= function replaceSync() {};
}

function silentObserver() {
  return class SilentObserver {
    observe() {}
    unobserve() {}
    disconnect() {}
    takeRecords() {
      return [];
    }
  };
}
