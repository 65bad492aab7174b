import { existsSync, readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../fixtures/sdk-traffic/', import.meta.url);
/** Services under load, whose requests raced or not: too many traces for tests of single replies. */
const services = new URL('../fixtures/sdk-services/', import.meta.url);

/** Wire events of a recording, which real SDKs sent, by trace. */
export function recordedTraces(name: string): readonly (readonly Record<string, unknown>[])[] {
  const file = [folder, services].map((each) => new URL(`${name}.ndjson`, each)).find(existsSync);
  if (file === undefined) throw new Error(`there is no recording ${name}`);
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

/** Wire events of all recordings, by trace: those of one trace may be in several of them. */
export function allRecordedTraces(): readonly (readonly Record<string, unknown>[])[] {
  const traces = new Map<unknown, Record<string, unknown>[]>();
  const files = [folder, services].flatMap((each) => readdirSync(each).sort());
  for (const file of files.filter((name) => name.endsWith('.ndjson'))) {
    for (const events of recordedTraces(file.replace('.ndjson', ''))) {
      const id = events[0]?.['trace_id'];
      traces.set(id, [...(traces.get(id) ?? []), ...events]);
    }
  }
  return [...traces.values()];
}
