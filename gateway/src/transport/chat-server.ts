import type { HttpRequest, HttpResponse, ServerHandlers } from "../ports/socket-server.ts";
import { type AdmissionServices, admitUpgrade } from "./admission.ts";
import type { ChatServices } from "./chat-services.ts";
import { readableByAnyOrigin } from "./responses.ts";
import { SocketSession } from "./socket-session.ts";

/** What the socket server calls: HTTP by the router, upgrades by admission, sockets by their sessions. */
export function createChatServer(parts: {
  router(request: HttpRequest): Promise<HttpResponse>;
  admission: AdmissionServices;
  chat: ChatServices;
}): ServerHandlers {
  const { router, admission, chat } = parts;
  return {
    http: router,
    async upgrade(request) {
      const verdict = await admitUpgrade(request, admission);
      if (!verdict.admitted) return { accept: false, response: readableByAnyOrigin(verdict.response) };
      const { principal, protocol, connection } = verdict;
      return {
        accept: true,
        protocol,
        open: (socket) => new SocketSession(socket, principal, connection, chat),
        abandoned: () => chat.connections.unregister(connection, null),
      };
    },
    failed: (error) => chat.log.error({ err: error }, "a request could not be handled"),
  };
}
