/**
 * A browser in memory whose tabs share locks and channels, for tests of what tabs do together.
 *
 *     const browser = new FakeBrowser();
 *     const first = browser.tab(gateway.environment), second = browser.tab(gateway.environment);
 *     makeClient({ environment: first.environment, shareConnection: true }, gateway);
 *     browser.look(second);   // the others are hidden from now on
 *     first.freeze(); first.thaw();
 *     first.leave(); first.comeBack();   // to another page, and back, as browsers keep pages for it
 *     first.crash();          // nothing of it is heard any more, and its locks are free
 */
import * as members from "../../src/client/sharing/member.ts";
import type { ClientEnvironment, TabsEnvironment, Timer } from "../../src/client/types.ts";

interface Holder {
  readonly tab: FakeTab;
  release(): void;
  rob(): void;
}

interface Waiter {
  readonly tab: FakeTab;
  grant(): void;
}

/** See the head of this file. */
export class FakeBrowser {
  readonly tabs: FakeTab[] = [];
  readonly holders = new Map<string, Holder>();
  readonly waiters = new Map<string, Waiter[]>();
  /** Names of the channels that are open, once for each. */
  readonly openChannels: string[] = [];
  /** Everything that tabs said to each other. */
  readonly said: string[] = [];

  tab(environment: ClientEnvironment): FakeTab {
    const tab = new FakeTab(this, environment);
    this.tabs.push(tab);
    return tab;
  }

  /** Somebody looks at that tab, and at no other. */
  look(seen: FakeTab | null): void {
    for (const tab of this.tabs) tab.show(tab === seen);
  }

  next(name: string): void {
    if (this.holders.has(name)) return;
    this.waiters.get(name)?.shift()?.grant();
  }
}

/** One tab. */
export class FakeTab {
  readonly environment: ClientEnvironment;
  /** Whether the channels of this tab reach the others. */
  isReached = true;
  /** Locks are refused, as where storage is forbidden. */
  isForbidden = false;
  isVisible = true;
  /** Before something is said to the others. */
  onPost: (message: { readonly kind: string }) => void = () => undefined;
  private state: "running" | "frozen" | "crashed" = "running";
  private due: (() => void)[] = [];
  private readonly channels = new Map<object, { name: string; onMessage: (message: unknown) => void }>();
  private readonly visibilityListeners = new Set<() => void>();
  private readonly leaveListeners = new Set<() => void>();
  private readonly wakeListeners = new Set<() => void>();
  private readonly browser: FakeBrowser;

  constructor(browser: FakeBrowser, environment: ClientEnvironment) {
    this.browser = browser;
    const tabs: TabsEnvironment = {
      locks: { request: this.request.bind(this) as LockManager["request"] },
      openChannel: (name, onMessage) => this.openChannel(name, onMessage),
      isVisible: () => this.isVisible,
      onVisibility: (callback) => {
        this.visibilityListeners.add(callback);
        return () => this.visibilityListeners.delete(callback);
      },
      load: () => Promise.resolve(members),
    };
    const setTimeout = (callback: () => void, milliseconds: number): Timer =>
      environment.setTimeout(() => this.run(callback), milliseconds);
    const into =
      (listeners: Set<() => void>) =>
      (callback: () => void): (() => void) => {
        listeners.add(callback);
        return () => listeners.delete(callback);
      };
    const [onLeave, onWake] = [into(this.leaveListeners), into(this.wakeListeners)];
    this.environment = { ...environment, tabs, setTimeout, onLeave, onWake };
  }

  show(isVisible: boolean): void {
    if (isVisible === this.isVisible) return;
    this.isVisible = isVisible;
    this.run(() => {
      for (const callback of [...this.visibilityListeners]) callback();
    });
  }

  /** Nothing runs here any more until it thaws; what is due then runs in its order. */
  freeze(): void {
    if (this.state === "running") this.state = "frozen";
  }

  thaw(): void {
    if (this.state !== "frozen") return;
    this.state = "running";
    for (const callback of this.due.splice(0)) this.run(callback);
  }

  leave(): void {
    for (const callback of [...this.leaveListeners]) callback();
    // Promises that are settled go on before the page is put away.
    queueMicrotask(() => queueMicrotask(() => this.freeze()));
  }

  comeBack(): void {
    this.thaw();
    for (const callback of [...this.wakeListeners]) callback();
  }

  crash(): void {
    this.state = "crashed";
    for (const { tab, release } of [...this.browser.holders.values()]) if (tab === this) release();
    for (const [name, waiters] of this.browser.waiters)
      this.browser.waiters.set(
        name,
        waiters.filter(({ tab }) => tab !== this),
      );
  }

  private run(callback: () => void): void {
    if (this.state === "running") callback();
    else if (this.state === "frozen") this.due.push(callback);
  }

  private openChannel(name: string, onMessage: (message: unknown) => void) {
    const key = {};
    this.channels.set(key, { name, onMessage });
    this.browser.openChannels.push(name);
    return {
      post: (message: unknown): void => {
        if (!this.channels.has(key)) throw new Error("InvalidStateError");
        this.onPost(message as { kind: string });
        // Copied at once, as structured cloning does.
        const copy = JSON.stringify(message);
        this.browser.said.push(copy);
        this.run(() => {
          for (const tab of this.browser.tabs) if (tab !== this) tab.hear(this, name, copy);
        });
      },
      close: (): void => {
        if (this.channels.delete(key))
          this.browser.openChannels.splice(this.browser.openChannels.indexOf(name), 1);
      },
    };
  }

  private hear(from: FakeTab, name: string, message: string): void {
    if (!(this.isReached && from.isReached)) return;
    queueMicrotask(() =>
      this.run(() => {
        for (const channel of [...this.channels.values()])
          if (channel.name === name) channel.onMessage(JSON.parse(message));
      }),
    );
  }

  private request(
    name: string,
    options: LockOptions,
    callback: (lock: unknown) => Promise<void> | undefined,
  ): Promise<void> {
    if (this.isForbidden) return Promise.reject(new Error("SecurityError"));
    const { browser } = this;
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new Error("AbortError"));
      const release = (): void => {
        if (browser.holders.get(name) === holder) browser.holders.delete(name);
        browser.next(name);
        resolve();
      };
      const holder: Holder = { tab: this, release, rob: () => this.run(abort) };
      const grant = (): void => {
        browser.holders.set(name, holder);
        queueMicrotask(() => this.run(() => void Promise.resolve(callback({ name })).then(release)));
      };
      const held = browser.holders.get(name);
      if (options.steal === true) {
        held?.rob();
        grant();
      } else if (held === undefined) grant();
      else if (options.ifAvailable === true) {
        queueMicrotask(() => this.run(() => void Promise.resolve(callback(null)).then(resolve)));
      } else {
        const waiters = browser.waiters.get(name) ?? [];
        const waiter: Waiter = { tab: this, grant };
        browser.waiters.set(name, [...waiters, waiter]);
        options.signal?.addEventListener("abort", () => {
          const left = browser.waiters.get(name)?.filter((other) => other !== waiter) ?? [];
          browser.waiters.set(name, left);
          abort();
        });
      }
    });
  }
}
