import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText } from '../../../src/domain/event/event.ts';
import { readEvent } from '../../../src/domain/event/read-event.ts';
import { nothingRedacted } from '../../../src/domain/event/redaction.ts';
import { parseJson } from '../../../src/domain/json.ts';
import { readJsonLogs } from '../../../src/domain/otlp/json/json-logs.ts';
import { readJsonSpans } from '../../../src/domain/otlp/json/json-spans.ts';
import { countMetricPoints, OtlpReader } from '../../../src/domain/otlp/otlp-batch.ts';
import { readProtobufLogs } from '../../../src/domain/otlp/protobuf/protobuf-logs.ts';
import { readProtobufSpans } from '../../../src/domain/otlp/protobuf/protobuf-spans.ts';
import { UndecodableBody } from '../../../src/domain/otlp/telemetry.ts';
import {
  type RecordedExport,
  recordedExports,
  recordingNames,
} from '../../support/otlp-recordings.ts';
import { assertCarefully } from './careful.ts';
import { libraryBytes, libraryJson, withBase64Ids } from './library.ts';
import { plainLogs, plainSpans, wholeGroups } from './plain.ts';

/**
 * Bodies of real exporters with bits turned, parts cut out, doubled and put elsewhere. Set
 * RACEWAY_OTLP_MUTATIONS=100000 for the long run.
 */
const MUTATIONS = Number(process.env['RACEWAY_OTLP_MUTATIONS'] ?? 3000);
/** Items of each list that are left of a recorded body, so that much of it changes. */
const ITEMS = 3;
/** What may stay on the heap, whatever was read. */
const HEAP_BYTES_MAX = 64 * 1024 * 1024;

const seeds = recordingNames()
  .flatMap((name) => recordedExports(name).slice(0, 3))
  .map((one) => ({ ...one, body: shortened(one) }));

function shortened({ path, format, body }: RecordedExport): Buffer {
  const signal = path === '/v1/logs' ? 'logs' : 'traces';
  if (path === '/v1/metrics') return body.subarray(0, 2000);
  const json = format === 'json' ? body : libraryJson(signal, body);
  const short = JSON.parse(json.toString(), (name, value) =>
    Array.isArray(value) && name !== 'attributes' ? value.slice(0, ITEMS) : value,
  ) as object;
  const text = Buffer.from(JSON.stringify(short));
  return format === 'json' ? text : libraryBytes(signal, withBase64Ids(text));
}

/** A generator of numbers from a seed, so that a failure can be repeated. */
function createChance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

function mutated(body: Buffer, chance: (below: number) => number): Buffer {
  let bytes = Buffer.from(body);
  for (let change = chance(4) + 1; change > 0 && bytes.length > 0; change -= 1) {
    const at = chance(bytes.length);
    const length = 1 + chance(40);
    switch (chance(5)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << chance(8));
        break;
      case 1:
        bytes[at] = chance(256);
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      default: {
        const from = chance(bytes.length);
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          bytes.subarray(from, from + length),
          bytes.subarray(at),
        ]);
      }
    }
  }
  return bytes;
}

function decoded<Result>(read: () => Result): Result | null {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof UndecodableBody, String(error));
    return null;
  }
}

/**
 * Null for a text that is no UTF-8: the library refuses the whole batch for it, where Raceway, as
 * collectors do, reads the broken characters as U+FFFD.
 */
function fromLibrary(signal: 'traces' | 'logs', bytes: Buffer): Buffer | null {
  try {
    return libraryJson(signal, bytes);
  } catch (error) {
    assert.match(String(error), /utf-8/);
    return null;
  }
}

test(`${MUTATIONS} mutated bodies are read as the library reads them, or refused`, () => {
  const chance = createChance(20_261);
  const reader = new OtlpReader(nothingRedacted);
  let taken = 0;
  let outlined = 0;
  let heapBefore = 0;
  for (let round = 0; round < MUTATIONS; round += 1) {
    const { path, format, body } = seeds[round % seeds.length] as (typeof seeds)[number];
    const bytes = mutated(body, chance);
    if (round === 500) heapBefore = process.memoryUsage().heapUsed;
    if (path === '/v1/metrics') {
      decoded(() => countMetricPoints(bytes, format));
      continue;
    }
    const isTraces = path === '/v1/traces';
    const batch = decoded(() =>
      isTraces ? reader.traces(bytes, format, null) : reader.logs(bytes, format, null),
    );
    if (batch === null) continue;
    taken += 1;
    if (isTraces) outlined += assertCarefully(batch, bytes, format);
    for (const event of batch.events) {
      const { value, unusual } = parseJson(eventText(event));
      const outcome = readEvent(value, unusual, () => {});
      assert.ok('record' in outcome, `${event.kind} of round ${round}`);
    }
    if (format === 'json') continue;
    // What the own decoder takes, the library takes too, with the same outcome.
    const json = fromLibrary(isTraces ? 'traces' : 'logs', bytes);
    if (json === null) continue;
    if (isTraces) {
      assert.deepEqual(plainSpans(readProtobufSpans(bytes)), plainSpans(readJsonSpans(json)));
    } else assert.deepEqual(plainLogs(readProtobufLogs(bytes)), plainLogs(readJsonLogs(json)));
  }
  assert.ok(taken > MUTATIONS / 20, `${taken} were taken`);
  assert.ok(outlined > MUTATIONS / 20, `${outlined} events were read where they stand`);
  global.gc?.();
  assert.ok(process.memoryUsage().heapUsed - heapBefore < HEAP_BYTES_MAX);
});

test('bodies of nothing but small messages cost no more than a bound', () => {
  const empty = (bytes: readonly number[], count: number) =>
    Buffer.concat(Array.from({ length: count }, () => Buffer.from(bytes)));
  const nested = (body: Buffer, tag: number) => {
    const length: number[] = [];
    let rest = body.length;
    for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
    return Buffer.concat([Buffer.from([tag, ...length, rest]), body]);
  };
  const spans = nested(nested(empty([0x12, 0x00], 600_000), 0x12), 0x0a);
  assert.throws(() => wholeGroups(readProtobufSpans(spans)), UndecodableBody);
  let deep = Buffer.from([0x0a, 0x00]);
  for (let level = 0; level < 100; level += 1) deep = nested(nested(deep, 0x0a), 0x2a);
  const attribute = nested(nested(deep, 0x12), 0x4a);
  const body = nested(nested(nested(attribute, 0x12), 0x12), 0x0a);
  assert.throws(() => wholeGroups(readProtobufSpans(body)), UndecodableBody);
  const value = '{"arrayValue":{"values":['.repeat(100) + ']}}'.repeat(100);
  const span = `{"attributes":[{"key":"a","value":${value}}]}`;
  const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[${span}]}]}]}`;
  assert.throws(() => readJsonSpans(Buffer.from(json)), UndecodableBody);
});
