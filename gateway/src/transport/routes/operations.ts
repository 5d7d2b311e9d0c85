import { protocolJsonSchema } from "@parlance/protocol";
import { type AdmissionServices, probe } from "../admission.ts";
import { json, problem } from "../responses.ts";
import type { Route } from "./route.ts";

/** Health for load balancers, the protocol's schema for integrators, and the probe for browsers. */
export function operationRoutes(services: AdmissionServices): Route[] {
  const schema = json(200, protocolJsonSchema(), {
    "content-type": "application/schema+json; charset=utf-8",
    "cache-control": "public, max-age=3600",
  });
  return [
    { method: "GET", path: "/healthz", handle: () => json(200, { status: "ok" }) },
    {
      method: "GET",
      path: "/readyz",
      handle: () =>
        services.draining()
          ? problem(503, "INTERNAL", "this instance is shutting down", { retryAfter: 2 })
          : json(200, { status: "ready" }),
    },
    { method: "GET", path: "/v1/protocol.schema.json", handle: () => schema },
    { method: "GET", path: "/v1/chat", handle: (request) => probe(request, services) },
  ];
}
