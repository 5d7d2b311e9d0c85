import type { HttpRequest, HttpResponse } from "../../ports/socket-server.ts";

/** One HTTP route. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Segments, a `:name` of which stands for any one segment, percent-decoded. */
  readonly path: string;
  handle(
    request: HttpRequest,
    parameters: Readonly<Record<string, string>>,
  ): Promise<HttpResponse> | HttpResponse;
}
