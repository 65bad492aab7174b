import { readdirSync, readFileSync } from 'node:fs';

const recordings = new URL('../test/fixtures/sdk-traffic/', import.meta.url);
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const SPAN_ID = /(?<=_span_id":")[0-9a-f]{16}(?=")/;
/** Up to the second: what follows stays as the SDK wrote it. */
const SECOND = /(?<="timestamp":")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const IDS = new RegExp(`${UUID.source}|${SPAN_ID.source}`, 'g');
const VARYING = new RegExp(`${IDS.source}|${SECOND.source}`, 'g');

/**
 * Makes traffic that looks like the recorded one, with ids of its own for every trace; each round of
 * recorded traces happens a second after the one before, as they did not all meet each other.
 */
export interface Traffic {
  /** Request bodies that together hold one new trace of about `eventsPerTrace` events. */
  nextTrace(): string;
}

interface Template {
  /** Parts of the text; between two of them stands what varies, as it was recorded. */
  readonly parts: readonly string[];
  readonly varying: readonly string[];
}

/**
 * @param eventsPerTrace recorded traces are joined until they have so many events
 */
export function createTraffic(eventsPerTrace: number): Traffic {
  const templates = readTemplates(eventsPerTrace);
  let made = 0;
  return {
    nextTrace() {
      const template = templates[made % templates.length] as Template;
      const shiftMs = Math.floor(made / templates.length) * 1000;
      made += 1;
      const names = new Map<string, string>();
      let text = template.parts[0] as string;
      for (const [index, recorded] of template.varying.entries()) {
        let name = names.get(recorded);
        if (name === undefined) {
          name = replacement(recorded, shiftMs);
          names.set(recorded, name);
        }
        text += name + (template.parts[index + 1] as string);
      }
      return text;
    },
  };
}

/** All events that were recorded, in the order in which they were sent. */
export function readRecordedEvents(): readonly RecordedEvent[] {
  return readdirSync(recordings)
    .filter((file) => file.endsWith('.ndjson'))
    .sort()
    .flatMap((file) => readFileSync(new URL(file, recordings), 'utf8').trim().split('\n'))
    .flatMap((line) => (JSON.parse(line) as { body: { events: RecordedEvent[] } }).body.events);
}

/** The text of an event with new ids, the same one for the same id; the trace keeps its own. */
export function renamed(event: RecordedEvent, traceId: string, names: Map<string, string>): string {
  return JSON.stringify(event).replace(IDS, (recorded) => {
    if (recorded === traceId) return recorded;
    const known = names.get(recorded) ?? replacement(recorded, 0);
    names.set(recorded, known);
    return known;
  });
}

/** Bodies of whole recorded traces, cut at what varies. Joined traces get one trace id. */
function readTemplates(eventsPerTrace: number): Template[] {
  const events = readRecordedEvents();
  const templates: Template[] = [];
  for (let start = 0; start + eventsPerTrace <= events.length; start += eventsPerTrace) {
    const chosen = events.slice(start, start + eventsPerTrace);
    const traceId = chosen[0]?.trace_id;
    templates.push(
      cut(JSON.stringify({ events: chosen.map((event) => ({ ...event, trace_id: traceId })) })),
    );
  }
  return templates;
}

/** As far as it is changed. */
export interface RecordedEvent {
  readonly trace_id: string;
  readonly timestamp: string;
  readonly kind: { readonly StateChange?: { readonly variable: string } };
  readonly metadata: { readonly service_name: string };
}

function cut(text: string): Template {
  return { parts: text.split(VARYING), varying: [...text.matchAll(VARYING)].map(([id]) => id) };
}

function replacement(recorded: string, shiftMs: number): string {
  if (recorded.includes('T')) {
    return new Date(Date.parse(`${recorded}Z`) + shiftMs).toISOString().slice(0, 19);
  }
  const id = crypto.randomUUID();
  return recorded.includes('-') ? id : id.replaceAll('-', '').slice(0, recorded.length);
}
