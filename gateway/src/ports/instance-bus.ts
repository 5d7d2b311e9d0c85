/**
 * Words between instances. At most once: a message may be lost, but never comes twice, and those from one
 * sender to one receiver come in the order sent. Who needs more numbers its messages.
 */
export interface InstanceBus {
  /** Begins to receive what is sent to this instance; resolves once nothing sent from now on is missed. */
  receive(instance: string, handler: (message: string) => void): Promise<void>;
  /** Sends to one instance. Resolves when it is handed over; nobody may be there. Rejects where the bus is away. */
  send(instance: string, message: string): Promise<void>;
  /** Called whenever the bus serves again after it did not: messages may have been lost. Returns how to stop listening. */
  onBack(listener: () => void): () => void;
  close(): Promise<void>;
}
