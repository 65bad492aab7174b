/** Marks in log records, whose spans may come late or never. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEvents } from '../../../src/domain/event/event-parts.ts';
import { compileRedaction } from '../../../src/domain/event/redaction.ts';
import { OtlpReader } from '../../../src/domain/otlp/otlp-batch.ts';
import {
  exportOf,
  pgStack,
  spanIdOf,
  step,
  toldOfEvents,
} from '../../support/invented-requests.ts';

const BASE_NS = 1_700_000_000_000_000_000n;

/** What a mark says, the span that it is made in, and when, in milliseconds. */
type Mark = readonly [event: string, span: string, at: number, attributes: Record<string, string>];

const access = (type: string, value: string) => ({
  'raceway.variable': 'hits',
  'raceway.access.type': type,
  'raceway.value': value,
});
const lock = { 'raceway.lock.id': 'L', 'raceway.lock.type': 'mutex' };

/** A request that holds a lock around two further functions: one reads, one writes. */
function lockedMarks(at: number, value: number, isLocked: boolean): readonly Mark[] {
  const marks: readonly Mark[] = [
    ['raceway.lock.acquire', 'outer', at + 1, lock],
    ['raceway.access', 'reads', at + 2, access('read', String(value))],
    ['raceway.access', 'writes', at + 5, access('write', String(value + 1))],
    ['raceway.lock.release', 'outer', at + 6, lock],
  ];
  return marks.filter(([name]) => isLocked || name === 'raceway.access');
}

function recordsOf(marks: readonly Mark[], place: number): object[] {
  return marks.map(([eventName, span, at, attributes]) => ({
    traceId: place.toString(16).padStart(32, 'a'),
    spanId: spanIdOf(place, span),
    timeUnixNano: String(BASE_NS + BigInt(at * 1e6)),
    eventName,
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
  }));
}

/** @param waits how long the second request waits for the first one */
async function told(isLocked: boolean, hasSpans: boolean, waits: number) {
  const reader = new OtlpReader(compileRedaction({ headers: [], tags: [], paths: [] }));
  const starts = [0, waits];
  const spans = exportOf(
    pgStack,
    starts.map((at) => ({
      route: 'POST /hits',
      steps: [
        step('', at, at + 9, undefined, { id: 'outer', kind: 1, name: 'outer' }),
        step('', at + 1.5, at + 3, undefined, { id: 'reads', kind: 1, in: 'outer', name: 'r' }),
        step('', at + 4, at + 5.5, undefined, { id: 'writes', kind: 1, in: 'outer', name: 'w' }),
      ],
    })),
  ) as { resourceSpans: { resource: object }[] };
  const logs = {
    resourceLogs: [
      {
        resource: spans.resourceSpans[0]?.resource,
        scopeLogs: [
          {
            scope: { name: 'app' },
            logRecords: starts.flatMap((at, place) =>
              recordsOf(lockedMarks(at, isLocked ? place : 0, isLocked), place + 1),
            ),
          },
        ],
      },
    ],
  };
  const bodyOf = (content: object) => Buffer.from(JSON.stringify(content));
  const { events } = reader.logs(bodyOf(logs), 'json', null);
  const own = hasSpans ? reader.traces(bodyOf(spans), 'json', null).events : [];
  return toldOfEvents(decodeEvents([...events, ...own]));
}

for (const hasSpans of [true, false]) {
  const name = hasSpans ? 'whose spans came' : 'whose spans never came';
  test(`marks ${name}: a lock of the request holds in the functions that it calls`, async () => {
    assert.deepEqual(await told(true, hasSpans, 6), []);
  });
  test(`marks ${name}: without a lock both go by one value`, async () => {
    assert.deepEqual(await told(false, hasSpans, 1), ['E3 double_submit hits']);
  });
}
