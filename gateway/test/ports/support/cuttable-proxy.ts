import { localProxy } from "./local-proxy.ts";

/** A way to a local port that tests can cut. */
export interface CuttableProxy {
  readonly port: number;
  /** Ends every connection and lets no new one through. */
  cut(): void;
  /** Lets new connections through again. */
  mend(): void;
  close(): Promise<void>;
}

/** Opens a way to a port of this machine. */
export async function cuttableProxy(target: number): Promise<CuttableProxy> {
  let open = true;
  const { port, drop, close } = await localProxy(
    target,
    (near, far) => near.pipe(far).pipe(near),
    () => open,
  );
  const cut = (): void => {
    open = false;
    drop();
  };
  return {
    port,
    cut,
    mend: () => {
      open = true;
    },
    async close() {
      cut();
      await close();
    },
  };
}
