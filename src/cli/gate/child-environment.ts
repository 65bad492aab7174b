import type { Environment } from '../../config/environment.ts';

/** Of one signal these would win over the general variables, and lead somewhere else. */
const ofOneSignal = /^OTEL_EXPORTER_OTLP_(?:TRACES|LOGS|METRICS)_/;
/** What belongs to another server: addresses, keys, certificates, and the switch that turns all off. */
const ofAnotherServer: ReadonlySet<string> = new Set([
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_CERTIFICATE',
  'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  'OTEL_EXPORTER_OTLP_CLIENT_KEY',
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_SAMPLER_ARG',
  'RACEWAY_API_KEY',
]);
/** A loop with marks has more than the 128 events that a span keeps by default. */
const spanEventsMax = 4096;
/** How long exporters collect spans: a test that ends at once should lose none. */
const exportDelayMs = 200;

/** The variables of a command whose events go to the server at a URL (docs/gate.md, "Variables"). */
export function childEnvironment(own: Environment, url: string): Environment {
  const kept = Object.entries(own).filter(
    ([name]) => !ofOneSignal.test(name) && !ofAnotherServer.has(name),
  );
  const direct = (name: 'NO_PROXY' | 'no_proxy') =>
    ['127.0.0.1', 'localhost', own[name]].filter(Boolean).join(',');
  return {
    ...Object.fromEntries(kept),
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_BSP_SCHEDULE_DELAY: String(exportDelayMs),
    OTEL_SPAN_EVENT_COUNT_LIMIT: String(spanEventsMax),
    RACEWAY_URL: url,
    RACEWAY_ENABLED: 'true',
    NO_PROXY: direct('NO_PROXY'),
    no_proxy: direct('no_proxy'),
  };
}
