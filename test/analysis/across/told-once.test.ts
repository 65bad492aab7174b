/** What happened once counts once, whichever rule tells it; and it is told in the order of the sites. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../src/domain/findings/finding.ts';
import { traceEvents } from '../../support/events.ts';
import { scheduled } from '../../support/schedules.ts';
import { crossFindings, footprints } from './footprint-world.ts';

/** As the TypeScript SDK says where it tracks a property itself, and not the code that wrote. */
const tracked = 'node_modules/raceway/dist/auto-track.js:10';

/** The traces of the requests, which a sentence names by their beginnings. */
const traceIds = { '1': 'aaaaaaaa-0001', '2': 'bbbbbbbb-0002', '3': 'cccccccc-0003' } as const;

/** @param locations where a request accesses; those of an own place each when they are left out */
function found(
  steps: readonly string[],
  locations: (request: string, at: string) => string = (_, at) => at,
): readonly Finding[] {
  const events = scheduled(steps, (request) => ({
    trace: traceIds[request as keyof typeof traceIds],
  })).map((event) => {
    const { StateChange: access } = event['kind'] as { StateChange?: { location: string } };
    if (access === undefined) return event;
    const [request = '', at = ''] = access.location.split(':');
    return { ...event, kind: { StateChange: { ...access, location: locations(request, at) } } };
  });
  return crossFindings(footprints(traceEvents(events)));
}

/** Pairs that are proven to have lost an update, over all owners. */
function lostPairs(steps: readonly string[], location: string): number {
  return found(steps, () => location)
    .filter(({ pattern }) => pattern === 'lost_update')
    .reduce((sum, { provenPairs }) => sum + provenPairs, 0);
}

const reads = (...requests: readonly string[]) => requests.map((request) => `${request} r x 5`);

const losses: readonly { name: string; steps: readonly string[]; pairs: number }[] = [
  {
    name: 'two tracked writes',
    steps: [...reads('1', '2'), '1 w x 5>4', '2 w x 4>3'],
    pairs: 1,
  },
  {
    name: 'two tracked writes, of which the later began first',
    steps: [...reads('2', '1'), '1 w x 5>4', '2 w x 4>3'],
    pairs: 1,
  },
  {
    name: 'three tracked writes: each of three pairs',
    steps: [...reads('1', '2', '3'), '1 w x 5>4', '2 w x 4>3', '3 w x 3>2'],
    pairs: 3,
  },
  {
    name: 'tracked writes in two rounds',
    steps: [
      ...reads('1', '2'),
      ...['1 w x 5>4', '2 w x 4>3', '1 r x 3', '2 r x 3', '1 w x 3>2', '2 w x 2>1'],
    ],
    pairs: 2,
  },
  {
    name: 'tracked writes one after the other',
    steps: ['1 r x 5', '1 w x 5>4', '2 r x 4', '2 w x 4>3'],
    pairs: 0,
  },
  {
    name: 'two transactions',
    steps: ['1 begin', '2 begin', ...reads('1', '2'), '1 w x 4', '2 w x 3', '1 commit', '2 commit'],
    pairs: 1,
  },
  {
    name: 'three transactions',
    steps: [
      ...['1 begin', '2 begin', '3 begin', ...reads('1', '2', '3')],
      ...['1 w x 4', '2 w x 3', '3 w x 2', '1 commit', '2 commit', '3 commit'],
    ],
    pairs: 3,
  },
];

for (const { name, steps, pairs } of losses) {
  test(`${name}: lost updates are counted once`, () => {
    assert.equal(lostPairs(steps, tracked), pairs, 'by an SDK that tracks');
    if (steps.every((step) => !step.includes('>'))) {
      assert.equal(lostPairs(steps, 'orders.ts:7'), pairs, 'by the code itself');
    }
  });
}

const stories: readonly (readonly string[])[] = [
  ['1 r x 5', '2 r x 5', '1 w x 4', '2 w x 3'],
  ['1 r x 5', '2 r x 5', '2 w x 4', '1 w x ?'],
  ['1 r x 5', '2 w x ?', '1 w x ?'],
  ['1 r x 5', '2 r x 5', '2 w x 5>4', '1 w x 4>3'],
  ['1 r x 5', '2 r x 9', '2 w x 9>4', '1 w x 4>3'],
  ['1 r x none', '2 r x none', '2 w x a', '1 w x a>b'],
  ['1 r x 5', '2 w x 6', '1 r x 6'],
  ['1 r x ?', '2 w x ?', '1 r x ?'],
  ['1 w x 5', '2 w x 6', '1 r x 6'],
  ['1 w x ?', '2 r x ?', '1 w x ?'],
  ['1 w x 6', '2 r x 6', '1 w x 7'],
  ['1 begin', '2 begin', '1 w x 6', '2 r x 6', '1 abort', '2 commit'],
  ['1 begin', '2 begin', '1 r x 5', '2 r x 5', '1 w x 4', '2 w x 3', '1 commit', '2 commit'],
  ['1 w x ?', '2 w x ?', '1 w x ?'],
];

test('a sentence follows the sites, whichever side was too late', () => {
  const patterns = new Set<string>();
  for (const steps of stories) {
    for (const first of ['1', '2']) {
      for (const where of [tracked, 'place']) {
        const findings = found(steps, (request) => `${request === first ? 'a' : 'b'} ${where}`);
        assert.notDeepEqual(findings, [], steps.join(', '));
        for (const { pattern, subject, witness } of findings) {
          patterns.add(pattern);
          const [one, two] = witness.events;
          const text = witness.explanation;
          const [place, otherPlace] = [one, two].map((event) =>
            text.toLowerCase().indexOf(event.trace_id.slice(0, 8)),
          ) as [number, number];
          assert.ok(place >= 0 && place < otherPlace, `${pattern}: ${text}`);
          assert.deepEqual(
            subject.sites.map(({ access_type }) => access_type),
            [one.access_type, two.access_type],
          );
        }
      }
    }
  }
  assert.ok(patterns.size >= 5, [...patterns].join(', '));
});
