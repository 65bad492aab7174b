/** The isolation anomalies between transactions: each once as it happens, and once prevented. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventSketch } from '../../support/events.ts';
import { traceEvents } from '../../support/events.ts';
import { scheduled } from '../../support/schedules.ts';
import { crossFindings, footprints } from './footprint-world.ts';

function findings(steps: readonly string[], more?: (request: string) => EventSketch) {
  return crossFindings(footprints(traceEvents(scheduled(steps, more))));
}

/** What was proven, as `class or pattern, level, variable`; sorted. */
function proven(steps: readonly string[], more?: (request: string) => EventSketch): string[] {
  return findings(steps, more)
    .filter(({ evidence }) => evidence === 'E3' || evidence === 'E4')
    .map(({ anomalyClass, pattern, evidence, subject }) =>
      [anomalyClass ?? pattern, evidence, subject.variable].join(' '),
    )
    .sort();
}

test('G0: writes of two transactions went past each other, as later reads show', () => {
  const writes = ['1 w db:a 1', '1 w db:b 1', '1 commit', '2 w db:a 2', '2 w db:b 2', '2 commit'];
  const reads = ['3 begin', '3 r db:a 2', '3 commit', '4 begin', '4 r db:b 1', '4 commit'];
  assert.deepEqual(proven([...writes, ...reads]), ['G0 E4 db:a', 'G0 E4 db:b']);
  const inOrder = [...writes, ...reads.slice(0, 4), '4 r db:b 2', '4 commit'];
  assert.deepEqual(proven(inOrder), []);
});

test('G1a: a value was read that its transaction then took back', () => {
  const steps = ['1 begin', '1 w db:a 5', '2 begin', '2 r db:a 5', '1 abort', '2 commit'];
  assert.deepEqual(proven(steps), ['G1a E3 db:a']);
  assert.deepEqual(proven(steps.map((step) => step.replace('r db:a 5', 'r db:a 4'))), []);
  assert.deepEqual(
    proven(['0 w db:a 5', '0 commit', ...steps]),
    [],
    'another transaction had written that value for good',
  );
  const retried = [...steps.slice(0, 5), '1 w db:a 5', '1 commit', '2 commit'];
  assert.deepEqual(proven(retried), [], 'the retry wrote it for good');
});

test('G1b: a value was read that its transaction only wrote on the way', () => {
  const steps = ['1 w db:a 5', '2 begin', '2 r db:a 5', '1 w db:a 6', '1 commit', '2 commit'];
  assert.deepEqual(proven(steps), ['G1b E3 db:a']);
  const last = ['1 w db:a 5', '2 begin', '1 w db:a 6', '2 r db:a 6', '1 commit', '2 commit'];
  assert.deepEqual(proven(last), []);
});

test('G1c: two transactions each read what the other wrote', () => {
  const steps = ['1 w db:a 1', '2 w db:b 2', '1 r db:b 2', '2 r db:a 1', '1 commit', '2 commit'];
  assert.deepEqual(proven(steps), ['G1c E4 db:a', 'G1c E4 db:b']);
  const coarse = ['1 w db:a 1', '1 r db:b 2', '1 commit', '2 w db:b 2', '2 r db:a 1', '2 commit'];
  assert.deepEqual(proven(coarse), ['G1c E4 db:a', 'G1c E4 db:b'], 'clocks that cannot be right');
  const there = ['0 r db:b 2', '0 commit', ...coarse];
  assert.deepEqual(proven(there), [], 'the value had been there before');
  const oneWay = ['1 w db:a 1', '2 w db:b 2', '1 r db:b 0', '1 commit', '2 r db:a 1', '2 commit'];
  assert.deepEqual(proven(oneWay), []);
});

test('G-single: a transaction read one variable before and another after a commit', () => {
  const skew = (b: number) => [
    '1 r db:a 10',
    '2 r db:a 10',
    '2 w db:a 12',
    '2 w db:b 18',
    '2 commit',
    `1 r db:b ${b}`,
    '1 commit',
  ];
  assert.deepEqual(proven(skew(18)), ['G-single E4 db:a', 'G-single E4 db:b']);
  assert.deepEqual(proven(skew(20)), [], 'both reads from one snapshot');
});

test('a transaction whose work was seen and then not seen has vanished', () => {
  const steps = [
    '1 w db:a 1',
    '1 w db:b 1',
    '1 commit',
    '2 w db:a 2',
    '3 begin',
    '3 r db:a 2',
    '3 r db:b 1',
    '2 w db:b 2',
    '3 r db:b 2',
    '2 commit',
    '3 commit',
  ];
  const classes = proven(steps);
  assert.ok(classes.includes('G-single E4 db:a'), classes.join());
});

test('a read that was repeated with another result is no more than that', () => {
  const steps = ['1 r db:a 1', '1 r db:b 1', '2 w db:a 2', '2 w db:b 2', '2 commit'];
  const again = [...steps, '1 r db:b 2', '1 r db:a 2', '1 commit'];
  assert.deepEqual(proven(again), ['non_repeatable_read E3 db:a', 'non_repeatable_read E3 db:b']);
});

test('G2-item: two transactions each wrote what the other had read', () => {
  const steps = (end: string) => [
    ...['1 r db:a 1', '1 r db:b 1', '2 r db:a 1', '2 r db:b 1'],
    ...['1 w db:a 2', '2 w db:b 2', '1 commit', `2 ${end}`],
  ];
  const findingsOfSkew = findings(steps('commit'));
  assert.deepEqual(proven(steps('commit')), ['G2-item E4 db:a', 'G2-item E4 db:b']);
  assert.ok(findingsOfSkew.some(({ pattern }) => pattern === 'write_skew'));
  assert.deepEqual(proven(steps('abort')), []);
});

test('a read whose value nobody recorded tells by its time', () => {
  const steps = ['1 r db:a ?', '2 r db:b ?', '1 w db:b 1', '2 w db:a 1', '1 commit', '2 commit'];
  assert.deepEqual(proven(steps), ['G2-item E4 db:a', 'G2-item E4 db:b']);
  const late = ['1 w db:b 1', '1 commit', '2 r db:b ?', '2 w db:a 1', '2 commit'];
  assert.deepEqual(proven(['1 r db:a ?', ...late]), []);
});

test('a cycle of three transactions is one finding per variable, owned by the latest', () => {
  const steps = [
    ...['1 r db:a 10', '1 r db:b 20', '2 r db:b 20', '2 w db:b 25', '2 commit'],
    ...['3 begin', '3 r db:a 10', '3 r db:b 25', '3 commit', '1 w db:a 0', '1 commit'],
  ];
  const found = findings(steps).filter(({ evidence }) => evidence === 'E4');
  assert.deepEqual(found.map(({ subject }) => subject.variable).sort(), ['db:a', 'db:b']);
  for (const finding of found) {
    assert.equal(finding.anomalyClass, 'G2-item');
    assert.deepEqual(finding.traceIds, ['trace-0001', 'trace-0002', 'trace-0003']);
  }
  const aborted = steps.map((step) => (step === '1 commit' ? '1 abort' : step));
  assert.deepEqual(proven(aborted), []);
});

test('P4: two transactions wrote from the same value, at the same time or not', () => {
  const steps = (end: string) => [
    ...['1 r db:a 10', '2 r db:a 10', '1 w db:a 10>11', '1 commit', '2 w db:a 10>11', `2 ${end}`],
  ];
  assert.deepEqual(proven(steps('commit')), ['lost_update E3 db:a']);
  assert.deepEqual(proven(steps('abort')), []);
  const stale = ['1 r db:a 0', '1 w db:a 1', '1 commit', '2 r db:a 0', '2 w db:a 2', '2 commit'];
  assert.deepEqual(proven(stale), ['lost_update E3 db:a']);
  const restored = [...stale.slice(0, 3), '0 w db:a 0', '0 commit', ...stale.slice(3)];
  assert.deepEqual(proven(restored), [], 'the value was there again');
});

test('clocks of different instances order no versions, values do', () => {
  const hosts = (request: string): EventSketch => ({ instance: `host-${request}` });
  const blind = ['1 w db:a 1', '2 w db:b 2', '2 w db:a 2', '2 commit', '1 w db:b 1', '1 commit'];
  assert.deepEqual(proven(blind, hosts), []);
  const late = ['2 r db:a 1', '2 w db:a 2', '2 commit', '1 w db:a 1', '1 commit'];
  assert.deepEqual(proven(late, hosts), [], 'what was read had been written, whatever clocks say');
  const skew = ['1 r db:a 10', '2 r db:a 10', '2 w db:a 12', '2 w db:b 18', '2 commit'];
  assert.deepEqual(proven([...skew, '1 r db:b 18', '1 commit'], hosts), [
    'G-single E4 db:a',
    'G-single E4 db:b',
  ]);
});
