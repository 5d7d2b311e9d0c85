import { createMemoryInstanceBus } from "../../../src/adapters/memory/instance-bus.ts";
import { instanceBusSuite } from "./suite.ts";

const receivers = new Map<string, (message: string) => void>();
instanceBusSuite(async () => createMemoryInstanceBus(receivers));
