import { describeSharedSocket } from "./support/shared-socket.ts";

describeSharedSocket("Chromium");
