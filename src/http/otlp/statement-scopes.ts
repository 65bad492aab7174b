import { storedSpans } from '../../domain/otlp/stored-spans.ts';
import { everyTrace } from '../../domain/trace/trace-query.ts';
import type { Storage } from '../../storage/storage.ts';
import { httpLimits } from '../limits.ts';

/** The instrumentation scopes that made statements for a service, in its latest traces. */
export async function statementScopes(
  storage: Storage,
  service: string,
): Promise<ReadonlySet<string>> {
  const scopes = new Set<string>();
  const { scopeTracesMax: limit, eventsPerRead } = httpLimits;
  const { traces } = await storage.listTraces({ ...everyTrace, service, limit, countMax: 1 });
  for (const { traceId } of traces) {
    const events = await storage.events(traceId, null, eventsPerRead);
    const statements = events.filter(
      (event) => event.service === service && event.kind === 'DatabaseQuery',
    );
    for (const { scope } of storedSpans(statements)) scopes.add(scope.name);
  }
  return scopes;
}
