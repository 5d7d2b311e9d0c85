import { afterEach, describe } from "@jest/globals";
import type { SocketServerFactory } from "../../../src/ports/socket-server.ts";
import { frameBehaviour } from "./frame-behaviour.ts";
import { Harness } from "./harness.ts";
import { httpBehaviour } from "./http-behaviour.ts";
import { lifetimeBehaviour } from "./lifetime-behaviour.ts";
import { pressureBehaviour } from "./pressure-behaviour.ts";
import { upgradeBehaviour } from "./upgrade-behaviour.ts";

/** All that a socket server must do, whichever library it stands on. */
export function socketServerSuite(name: string, make: SocketServerFactory): void {
  describe(`a socket server on ${name}`, () => {
    const harness = new Harness(make);
    afterEach(() => harness.end());

    httpBehaviour(harness);
    upgradeBehaviour(harness);
    frameBehaviour(harness);
    pressureBehaviour(harness);
    lifetimeBehaviour(harness, make);
  });
}
