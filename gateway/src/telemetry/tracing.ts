import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";

/** The tracer of the gateway: does nothing until an exporter is registered with the OpenTelemetry API. */
export function gatewayTracer(): Tracer {
  return trace.getTracer("@parlance/gateway");
}

/**
 * The context in which a message's spans are made: the trace's id is the message's UUID without its dashes,
 * so that whoever has the one finds the other.
 */
export function messageContext(messageId: string): Context {
  const traceId = messageId.replaceAll("-", "");
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: traceId.slice(-16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
}

/** Runs a piece of work in a span that ends with it, marked as failed where it throws. */
export async function inSpan<Value>(
  tracer: Tracer,
  name: string,
  options: { parent: Context; attributes: Attributes },
  work: (span: Span) => Promise<Value> | Value,
): Promise<Value> {
  const span = tracer.startSpan(name, { attributes: options.attributes }, options.parent);
  try {
    return await work(span);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : "error" });
    throw error;
  } finally {
    span.end();
  }
}
