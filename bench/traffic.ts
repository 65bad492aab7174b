import { readdirSync, readFileSync } from 'node:fs';

const recordings = new URL('../test/fixtures/sdk-traffic/', import.meta.url);
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Makes traffic that looks like the recorded one, with ids of its own for every trace. */
export interface Traffic {
  /** Request bodies that together hold one new trace of about `eventsPerTrace` events. */
  nextTrace(): string;
}

interface Template {
  /** Parts of an event's text; between two of them stands the id with that number. */
  readonly parts: readonly string[];
  readonly ids: readonly number[];
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
      made += 1;
      const ids = new Map<number, string>();
      let text = template.parts[0] as string;
      for (const [index, number] of template.ids.entries()) {
        let id = ids.get(number);
        if (id === undefined) {
          id = crypto.randomUUID();
          ids.set(number, id);
        }
        text += id + (template.parts[index + 1] as string);
      }
      return text;
    },
  };
}

/** Bodies of whole recorded traces, cut at their UUIDs. Joined traces get one trace id. */
function readTemplates(eventsPerTrace: number): Template[] {
  const events = readdirSync(recordings)
    .filter((file) => file.endsWith('.ndjson'))
    .sort()
    .flatMap((file) => readFileSync(new URL(file, recordings), 'utf8').trim().split('\n'))
    .flatMap((line) => (JSON.parse(line) as { body: { events: RecordedEvent[] } }).body.events);
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

interface RecordedEvent {
  readonly trace_id: string;
}

function cut(text: string): Template {
  const numbers = new Map<string, number>();
  const ids = [...text.matchAll(UUID)].map(([id]) => {
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    return number;
  });
  return { parts: text.split(UUID), ids };
}
