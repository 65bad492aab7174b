/**
 * Prints a dictionary for sealed traces (src/storage/sealed/dictionary.ts), made of what recorded events have in
 * common. Of none of the recordings that the benchmarks send, so that what these measure is not flattered.
 * A dictionary that was released is never changed: a new one makes a new version of documents.
 *
 *     node --import tsx scripts/train-dictionary.ts > dictionary.json
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoBatches } from '../src/demo/demo-batches.ts';
import { readBatch } from '../src/domain/event/batch.ts';
import type { EventRecord } from '../src/domain/event/event.ts';
import { compileRedaction } from '../src/domain/event/redaction.ts';
import { OtlpReader } from '../src/domain/otlp/otlp-batch.ts';
import { recordedExports, recordingNames } from '../test/support/otlp-recordings.ts';
import { repositoryRoot } from '../test/support/repository.ts';

/** What zlib looks back to is 32 KiB; the more of it a dictionary takes, the less is left for the trace. */
const DICTIONARY_BYTES = 12 * 1024;
/** Parts that are counted. */
const GRAM = 10;
/** Parts that are taken as a whole. */
const SEGMENT = 48;
/** Of a sample of events, so that no recording counts more than others. */
const EVENTS_PER_SAMPLE = 400;

/** What is of one event alone: ids and larger numbers. */
const VARYING = /[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{3,}/;

const samples = [...otlpSamples(), sdkSample(), demoSample()].map((events) =>
  events.slice(0, EVENTS_PER_SAMPLE).flatMap(partsOf),
);
process.stdout.write(`${JSON.stringify(trained(samples), null, 2)}\n`);

function otlpSamples(): (readonly EventRecord[])[] {
  const redaction = compileRedaction({ headers: [], tags: [], paths: [] });
  return ['test/fixtures/otlp', 'test/fixtures/otlp-races'].flatMap((name) => {
    const folder = join(repositoryRoot, name);
    return recordingNames(folder).map((recording) => {
      const reader = new OtlpReader(redaction);
      return recordedExports(recording, folder).flatMap(({ path, body, format }) => {
        if (path === '/v1/metrics') return [];
        if (path === '/v1/logs') return reader.logs(body, format, null).events;
        return reader.traces(body, format, null).events;
      });
    });
  });
}

function sdkSample(): readonly EventRecord[] {
  const file = join(repositoryRoot, 'test/fixtures/sdk-services/svc-fa-book.ndjson');
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { body } = JSON.parse(line) as { body: object };
      return readBatch(Buffer.from(JSON.stringify(body)))?.events ?? [];
    });
}

function demoSample(): readonly EventRecord[] {
  return demoBatches(Date.UTC(2026, 0, 1), randomUUID).flatMap(
    (events) => readBatch(Buffer.from(JSON.stringify({ events })))?.events ?? [],
  );
}

/** The parts of an event's texts that are not of this one alone. */
function partsOf(event: EventRecord): readonly string[] {
  const { kind, operation, payload, metadata, vector, extra } = event;
  return [kind, operation, payload, metadata, vector, extra]
    .flatMap((text) => text.split(VARYING))
    .filter((part) => part.length >= GRAM);
}

/** The segments that hold most of what many samples have in common; the most frequent come last. */
function trained(samples: readonly (readonly string[])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const sample of samples) {
    for (const gram of new Set(sample.flatMap(gramsOf))) {
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  }
  const segments: string[] = [];
  let parts = [...new Set(samples.flat())];
  for (let bytes = 0; bytes < DICTIONARY_BYTES; ) {
    const best = bestSegment(parts, counts);
    if (best === '') break;
    segments.push(best);
    bytes += best.length;
    for (const gram of gramsOf(best)) counts.delete(gram);
    parts = parts.filter((part) => gramsOf(part).some((gram) => (counts.get(gram) ?? 0) > 1));
  }
  return segments.reverse();
}

function gramsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - GRAM + 1) }, (_, at) =>
    text.slice(at, at + GRAM),
  );
}

/** The part of at most {@link SEGMENT} characters whose grams most samples have; '' when none is left. */
function bestSegment(parts: readonly string[], counts: ReadonlyMap<string, number>): string {
  const window = SEGMENT - GRAM + 1;
  let best = { text: '', score: 0 };
  for (const part of parts) {
    const gains = gramsOf(part).map((gram) => Math.max(0, (counts.get(gram) ?? 0) - 1));
    let score = 0;
    for (const [at, gain] of gains.entries()) {
      score += gain - (at >= window ? (gains[at - window] ?? 0) : 0);
      if (score > best.score) {
        best = { text: part.slice(Math.max(0, at - window + 1), at + GRAM), score };
      }
    }
  }
  return best.text;
}
