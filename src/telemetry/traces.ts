// OpenTelemetry traces: one span per request, SQL call and task. Loaded only where they are wanted.
import type { Span } from '@opentelemetry/api';
import type { Log } from '../log.ts';
import type { Config } from '../settings/config.ts';
import { errorKind, type Observer } from './observer.ts';

/**
 * Starts to send spans to OTEL_EXPORTER_OTLP_ENDPOINT (http/protobuf). The exporter and the resource
 * read the rest of their standard OTEL_* variables themselves. That endpoint is the operator's word
 * and nobody else's, so it is not behind the guard of outbound requests. Spans that it does not take are
 * lost, which is logged once a minute at most.
 */
export async function startTraces(
  { traces }: Config,
  serviceName: string,
  log: Log,
): Promise<{ observer: Observer; stop: () => Promise<void> }> {
  const api = await import('@opentelemetry/api');
  const sdk = await import('@opentelemetry/sdk-trace');
  const resources = await import('@opentelemetry/resources');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const { W3CTraceContextPropagator, setGlobalErrorHandler } = await import('@opentelemetry/core');

  const lost = lossReporter(log);
  setGlobalErrorHandler(lost);
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const detected = resources.detectResources({ detectors: [resources.envDetector] });
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': serviceName }).merge(detected),
    sampler: sampler(sdk, traces?.sampler ?? 'parentbased_always_on', traces?.ratio ?? 1),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: traces?.url }) }),
    ],
  });
  const tracer = provider.getTracer('pgrant');
  const propagator = new W3CTraceContextPropagator();
  const { SpanKind, SpanStatusCode, ROOT_CONTEXT, trace, context } = api;

  const fail = (span: Span, kind: string) => {
    // No message and no stack: they may hold values.
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', kind);
  };
  async function within<T>(span: Span, parent: typeof ROOT_CONTEXT, work: () => Promise<T>) {
    try {
      return await context.with(trace.setSpan(parent, span), work);
    } catch (error) {
      fail(span, errorKind(error));
      throw error;
    } finally {
      span.end();
    }
  }

  const observer: Observer = {
    request: ({ method, traceparent, outcome }, work) => {
      const carrier = traceparent === undefined ? {} : { traceparent };
      const parent = propagator.extract(ROOT_CONTEXT, carrier, api.defaultTextMapGetter);
      const attributes = { 'http.request.method': method };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
      return within(span, parent, async () => {
        await work();
        const { endpoint, status, error, requestId } = outcome();
        span.updateName(`${method} ${endpoint}`);
        span.setAttributes({
          'http.route': endpoint,
          'http.response.status_code': status,
          'pgrant.request_id': requestId,
          ...(error !== undefined && { 'pgrant.error': error }),
        });
        if (status >= 500) fail(span, String(status));
      });
    },
    call: (name, work) => {
      const parent = context.active();
      const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': name };
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
      return within(span, parent, work);
    },
    task: (name, work) => {
      const span = tracer.startSpan(`task ${name}`, {}, ROOT_CONTEXT);
      return within(span, ROOT_CONTEXT, work);
    },
  };
  return { observer, stop: () => provider.shutdown().catch(lost) };
}

/** Logs what the exporter reports, once a minute at most: a collector that is gone refuses batch after batch. */
function lossReporter(log: Log) {
  let since = Number.NEGATIVE_INFINITY;
  return (error: unknown) => {
    if (performance.now() - since < 60_000) return;
    since = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ reason }, 'spans are lost: OTEL_EXPORTER_OTLP_ENDPOINT does not take them');
  };
}

type Sdk = typeof import('@opentelemetry/sdk-trace');

/** OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. */
function sampler(sdk: Sdk, name: string, ratio: number) {
  const [, parent, kind] = /^(parentbased_)?(.*)$/.exec(name) ?? [];
  const root =
    kind === 'always_off'
      ? new sdk.AlwaysOffSampler()
      : kind === 'traceidratio'
        ? new sdk.TraceIdRatioBasedSampler(ratio)
        : new sdk.AlwaysOnSampler();
  return parent ? new sdk.ParentBasedSampler({ root }) : root;
}
