import type { ServiceActivity } from '../storage.ts';
import type { StoredTrace } from './events/stored-trace.ts';

/** What services did in traces, all or those with an event of an environment; sorted by name. */
export function serviceActivityOf(
  traces: Iterable<StoredTrace>,
  environment: string | null,
): ServiceActivity[] {
  const found = new Map<
    string,
    { -readonly [Key in keyof ServiceActivity]: ServiceActivity[Key] }
  >();
  for (const { log, summary } of traces) {
    const { lastActivityNs, environments } = summary;
    if (environment !== null && !environments.includes(environment)) continue;
    for (const [name, eventCount] of log.services()) {
      if (name === '') continue;
      const known = found.get(name);
      if (known === undefined) found.set(name, { name, eventCount, traceCount: 1, lastActivityNs });
      else {
        known.eventCount += eventCount;
        known.traceCount += 1;
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
