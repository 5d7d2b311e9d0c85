/** An instance that is alive. */
export interface LiveInstance {
  readonly id: string;
  /** It takes nothing new. */
  readonly draining: boolean;
}

/** Which instances run. Rejects where the store is away. */
export interface InstanceDirectory {
  /** This instance is alive, for so many seconds from now. @returns whether it was known until now */
  beat(instance: LiveInstance, seconds: number): Promise<boolean>;
  /** This instance ends. */
  leave(instance: string): Promise<void>;
  /** All that are alive, in no order. */
  alive(): Promise<readonly LiveInstance[]>;
  /**
   * Puts what instances must agree on, where nobody has, for so many seconds from now; who agrees prolongs it.
   *
   * @returns what stands: `value`, or what another instance put before
   */
  agree(name: string, value: string, seconds: number): Promise<string>;
}
