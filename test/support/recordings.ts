import { readFileSync } from 'node:fs';

/** Wire events of `test/fixtures/sdk-traffic/NAME.ndjson`, which real SDKs sent, by trace. */
export function recordedTraces(name: string): readonly (readonly Record<string, unknown>[])[] {
  const file = new URL(`../fixtures/sdk-traffic/${name}.ndjson`, import.meta.url);
  const traces = new Map<unknown, Record<string, unknown>[]>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const { body } = JSON.parse(line) as { body: { events: Record<string, unknown>[] } };
    for (const event of body.events) {
      const trace = traces.get(event['trace_id']) ?? [];
      traces.set(event['trace_id'], [...trace, event]);
    }
  }
  return [...traces.values()];
}
