import type { HttpRequest, HttpResponse } from "../ports/socket-server.ts";
import { PREFLIGHT, problem, readableByAnyOrigin } from "./responses.ts";
import type { Route } from "./routes/route.ts";

interface Compiled {
  readonly route: Route;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/**
 * Finds the route of a request. `/v1/*` answers preflights and may be read by any origin; a path that exists
 * for another method is 405, any other 404.
 */
export function createRouter(routes: readonly Route[]): (request: HttpRequest) => Promise<HttpResponse> {
  const compiled = routes.map(compile);
  return async (request) => {
    const open = request.path.startsWith("/v1/");
    if (open && request.method === "OPTIONS") return PREFLIGHT;
    const response = await dispatch(request, compiled);
    return open ? readableByAnyOrigin(response) : response;
  };
}

async function dispatch(request: HttpRequest, routes: readonly Compiled[]): Promise<HttpResponse> {
  const method = request.method === "HEAD" ? "GET" : request.method;
  const allowed: string[] = [];
  for (const { route, pattern, names } of routes) {
    const match = pattern.exec(request.path);
    if (match === null) continue;
    if (route.method !== method) {
      allowed.push(route.method);
      continue;
    }
    const parameters = decodeParameters(names, match);
    if (parameters === null) return problem(400, "INVALID_FRAME", "the path is not percent-encoded UTF-8");
    return route.handle(request, parameters);
  }
  if (allowed.length === 0) return problem(404, "NOT_FOUND", "there is nothing at this path");
  return problem(405, "UNSUPPORTED_TYPE", `use ${allowed.join(" or ")}`, {
    headers: { allow: allowed.join(", ") },
  });
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path
    .split("/")
    .map((segment) => {
      if (!segment.startsWith(":")) return segment.replaceAll(".", "\\.");
      names.push(segment.slice(1));
      return "([^/]+)";
    })
    .join("/");
  return { route, pattern: new RegExp(`^${source}$`), names };
}

function decodeParameters(names: readonly string[], match: RegExpExecArray): Record<string, string> | null {
  try {
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? "")]));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
