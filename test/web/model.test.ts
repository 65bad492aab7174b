/** What pages know without a browser: words, numbers, times, layouts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Issue, Witness } from '../../web/src/api/types.ts';
import { ExactNumber, exactJson, parseExact } from '../../web/src/model/exact-json.ts';
import { chipsOf } from '../../web/src/model/filter-chips.ts';
import { clock, duration, mebibytes, offset } from '../../web/src/model/format.ts';
import { hueCount, hueOf } from '../../web/src/model/hue.ts';
import { lockNames } from '../../web/src/model/lock-names.ts';
import { interleavingText, serialOutcomes, siteOf } from '../../web/src/model/race/interleaving.ts';
import { layOut } from '../../web/src/model/race/space-time.ts';
import { sinceOf } from '../../web/src/model/since.ts';
import { microsecondsBetween, timeNs } from '../../web/src/model/time.ts';
import { describeEvent } from '../../web/src/model/trace/stored-event.ts';
import { kept, moved, zoomed } from '../../web/src/model/trace/timeline.ts';
import { changeText, valueText } from '../../web/src/model/value-text.ts';
import { visible } from '../../web/src/model/visible.ts';
import { patternTitle, shortId, shortPlace } from '../../web/src/model/words.ts';
import { serialOf, toldSteps } from './told-steps.ts';

test('each value of a filter that is repeated is a chip, and what stays when it is dropped is known', () => {
  const kinds = [
    { name: 'tag', label: 'Tag', asked: ['tag'], isRepeated: true },
    { name: 'q', label: 'Find', asked: ['q'] },
  ];
  const chips = (address: string) => chipsOf(kinds, new URLSearchParams(address), hidden);
  const hidden = [
    { filter: 'tag', count: 3 },
    { filter: 'q', count: 0 },
  ];
  const one = { name: 'tag', label: 'Tag', text: 'a:1', left: [], hides: 3 };
  assert.deepEqual(chips('tag=a:1&q='), [one]);
  assert.deepEqual(chips('tag=a:1&tag=b:2&q=x&q=y'), [
    { ...one, left: ['b:2'], hides: null },
    { ...one, text: 'b:2', left: ['a:1'], hides: null },
    { name: 'q', label: 'Find', text: 'x', left: [], hides: 0 },
  ]);
});

test('durations have three digits and a unit, offsets a sign', () => {
  const rows: [us: number, text: string][] = [
    [0, '0'],
    [1, '1 µs'],
    [450, '450 µs'],
    [999.4, '999 µs'],
    [999.6, '1 ms'],
    [1500, '1.5 ms'],
    [14_700, '14.7 ms'],
    [257_000, '257 ms'],
    [2_310_000, '2.31 s'],
    [119_000_000, '119 s'],
    [180_000_000, '3 min'],
    [7_200_000_000, '2 h'],
  ];
  for (const [us, text] of rows) assert.equal(duration(us), text);
  assert.deepEqual([-500, 0, 2200.4].map(offset), ['−500 µs', '0', '+2,200 µs']);
  assert.deepEqual(
    [0, 1, 2.06, 512, 1500].map((size) => mebibytes(size * 2 ** 20)),
    [...['0', '1', '2.1', '512', '1,500']],
  );
});

test('times keep all nine digits, and a day is named when it is another one', () => {
  const time = '2026-01-15T09:30:00.000123456+01:00';
  assert.equal(timeNs(time), BigInt(Date.UTC(2026, 0, 15, 8, 30)) * 1_000_000n + 123_456n);
  assert.equal(timeNs('yesterday'), null);
  assert.equal(microsecondsBetween('2026-01-15T08:30:00Z', time), 123.456);
  const now = Date.UTC(2026, 0, 15, 23);
  assert.equal(clock('2026-01-15T08:30:00.5Z', 'utc', now), '08:30:00');
  assert.equal(clock('2026-01-14T08:30:00Z', 'utc', now), '2026-01-14 08:30:00');
  assert.equal(clock('<b>', 'utc', now), '<b>');
  assert.equal(sinceOf('-1h', Date.UTC(2026, 0, 1, 12, 0, 59)), '2026-01-01T11:00:00.000Z');
  assert.deepEqual(
    ['-1x', 'x', ''].map((text) => sinceOf(text, now)),
    [null, null, null],
  );
});

test('nothing of a name stays unseen, and nothing of it turns the text', () => {
  assert.equal(visible('a\u0000\u001b[31m\u007f'), 'a␀␛[31m␡');
  assert.equal(visible('\u202egnp.exe'), '⟨U+202E⟩gnp.exe');
  assert.equal(visible('\u200b\ufeff'), '⟨U+200B⟩⟨U+FEFF⟩');
  assert.equal(visible('x'.repeat(300)).length, 201);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(
        visible(text),
        /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/,
      );
    }),
  );
});

test('values are shown as they were sent, numbers to the last digit', () => {
  const long = '12345678901234567890123';
  assert.equal(valueText(new ExactNumber(long)), long);
  assert.deepEqual(
    [1, 'a', null, true, undefined].map((value) => valueText(value)),
    [...['1', '"a"', 'null', 'true', '']],
  );
  assert.deepEqual(
    [changeText(100, 70), changeText(0.1, 0.3), changeText('a', 1)],
    ['−30', '+0.2', null],
  );
  // Where the browser does not tell how a number was written, it is the nearest double.
  const parsed = parseExact(`{"a":${long},"b":1.5}`) as { a: unknown; b: unknown };
  assert.equal(parsed.b, 1.5);
  assert.ok(parsed.a instanceof ExactNumber ? parsed.a.text === long : parsed.a === Number(long));
  assert.equal(exactJson({ a: new ExactNumber(long) }), `{\n  "a": ${long}\n}`);
});

test('names of objects are names like any other', () => {
  assert.deepEqual(['__proto__', 'constructor', 'toString', 'lost_update'].map(patternTitle), [
    '  proto   of',
    'Constructor of',
    'ToString of',
    'Lost update of',
  ]);
  for (const name of ['', '__proto__', 'web', 'x'.repeat(9999)]) {
    assert.ok(hueOf(name) >= 0 && hueOf(name) < hueCount, name);
  }
  assert.deepEqual(
    [shortPlace('/srv/a/b.ts:1'), shortPlace(''), shortPlace('a/')],
    ['b.ts:1', '', 'a/'],
  );
  assert.deepEqual(
    [shortId('02c294d4-0000-4000-8000-000000000314'), shortId('short')],
    ['02c294d4', 'short'],
  );
});

test('the first dozen of services on a page have colours of their own, and keep them', async () => {
  const fresh: typeof import('../../web/src/model/hue.ts') = await import(
    // A book of its own: colours are given in the order in which names are seen.
    `../../web/src/model/hue.ts?${'fresh'}`
  );
  const names = Array.from({ length: fresh.hueCount }, (_, at) => `service-${at}`);
  const hues = names.map(fresh.hueOf);
  assert.equal(new Set(hues).size, fresh.hueCount);
  assert.ok(Array.from({ length: 5000 }, (_, at) => fresh.hueOf(`other-${at}`)).every(isHue));
  assert.deepEqual(names.map(fresh.hueOf), hues);
  const first: typeof fresh = await import(`../../web/src/model/hue.ts?${'first'}`);
  // Who comes first has the colour of its name, on every page.
  assert.equal(
    first.hueOf('ledger'),
    (await import(`../../web/src/model/hue.ts?${'again'}`)).hueOf('ledger'),
  );
});

function isHue(hue: number): boolean {
  return Number.isInteger(hue) && hue >= 0 && hue < hueCount;
}

function step(column: 1 | 2, type: string, value: unknown, at: number, more: object = {}) {
  return {
    column,
    variable: 'balance',
    trace_id: `trace-${column}`,
    event_id: `${column}-${at}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) + at).toISOString(),
    thread: 'main',
    service: 'bank',
    location: `${column === 1 ? 'refund' : 'charge'}.py:${at}`,
    access_type: type,
    old_value: null,
    new_value: value,
    ...more,
  };
}

const steps = [
  step(2, 'Read', 100, 0),
  step(1, 'Read', 100, 1),
  step(1, 'Write', 60, 2),
  step(2, 'Write', 125, 3),
] as const;
const witness = {
  variable: 'balance',
  events: [steps[2], steps[3]],
  steps,
  explanation: 'one of them is lost',
} as unknown as Witness;
const issue = {
  fingerprint: 'f',
  pattern: 'lost_update',
  evidence: 'E3',
  sites: [
    {
      service: 'bank',
      location: 'charge.py:3',
      access_type: 'Write',
      locks: [{ name: 'ledger', mode: 'exclusive' }],
    },
    { service: 'bank', location: 'refund.py:2', access_type: 'Write', locks: [] },
  ],
  witnesses: [witness],
} as unknown as Issue;

test('a lost update, step by step: what is stored, what is lost, what any order would have left', () => {
  const found = toldSteps(issue, witness);
  assert.deepEqual(
    found.map(({ side, atUs, change, stored, lost, isRacing }) => [
      side,
      atUs,
      change,
      stored,
      lost,
      isRacing,
    ]),
    [
      ['B', 0, null, '100', null, false],
      ['A', 1000, null, '100', null, false],
      ['A', 2000, '−40', '60', null, true],
      ['B', 3000, '+25', '125', '60', true],
    ],
  );
  assert.deepEqual(serialOutcomes(serialOf(issue, witness), found), {
    base: '100',
    changes: { A: '−40', B: '+25' },
    outcomes: [
      { order: ['A', 'B'], value: '85' },
      { order: ['B', 'A'], value: '85' },
    ],
    happened: '125',
  });
  // Sites have an order of their own: the place tells whose they are.
  assert.deepEqual(
    (['A', 'B'] as const).map((side) => lockNames(siteOf(issue, witness, side))),
    [[], ['ledger']],
  );
  const text = interleavingText('Lost update of balance', found, 'the end').split('\n');
  assert.match(text[6] ?? '', /^3000 µs +writes 125 {2}charge\.py:3 +125 {2}← 60 is gone$/);
});

test('an act on a newer value changed what stood there, and no order is claimed to be better', () => {
  const oversold = steps.map((one) =>
    one.access_type === 'Write' && one.column === 2
      ? { ...one, old_value: 60, new_value: 35 }
      : one,
  );
  const act = { ...issue, pattern: 'check_then_act' } as Issue;
  const told = { ...witness, steps: oversold } as unknown as Witness;
  const found = toldSteps(act, told);
  assert.equal(found.at(-1)?.change, '−25');
  assert.equal(serialOf(act, told), null);
});

test('where values are no numbers, no sum is claimed', () => {
  const texts = steps.map((one) => ({ ...one, new_value: String(one.new_value) }));
  assert.equal(serialOf(issue, { ...witness, steps: texts } as unknown as Witness), null);
});

test('the diagram: steps go down, the variable is whole, and labels never meet', () => {
  const found = toldSteps(issue, witness);
  for (const isToScale of [false, true]) {
    const { y, segments, missing, height } = layOut(found, isToScale);
    y.slice(1).forEach((at, place) => {
      assert.ok(at - (y[place] ?? 0) >= 26);
    });
    segments.forEach(({ top, bottom }, place) => {
      assert.ok(bottom > top);
      if (place > 0) assert.equal(top, segments[place - 1]?.bottom);
    });
    assert.deepEqual(
      segments.map(({ value, isLost }) => [value, isLost]),
      [
        ['100', false],
        ['60', true],
        ['125', false],
      ],
    );
    assert.ok(missing !== null && missing.at > Math.max(...y) && missing.at < height);
  }
  assert.deepEqual(layOut([], false).y, []);
});

test('zooming and moving stay inside the trace', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1e9, noNaN: true }),
      fc.array(fc.constantFrom('in', 'out', 'left', 'right'), { maxLength: 60 }),
      (total, moves) => {
        let span = kept({ from: 0, to: total }, total);
        for (const move of moves) {
          if (move === 'in') span = zoomed(span, 0.5, total);
          else if (move === 'out') span = zoomed(span, 2, total);
          else span = moved(span, move === 'left' ? -0.25 : 0.25, total);
          assert.ok(span.from >= 0 && span.to <= total * (1 + 1e-9) && span.to > span.from);
        }
      },
    ),
  );
});

test('each kind of event is told in a line', () => {
  const event = (kind: object, more: object = {}) =>
    describeEvent({
      id: 'i',
      trace_id: 't',
      timestamp: '',
      kind: kind as never,
      metadata: { service_name: 's', thread_id: 't', ...more },
    });
  assert.equal(event({ HttpRequest: { method: 'GET', url: '/a' } }).what, 'GET /a');
  const call = { FunctionCall: { function_name: 'f', file: 'a.ts', line: 3 } };
  const { what, place, tookUs } = event(call, { duration_ns: 1500 });
  assert.deepEqual([what, place, tookUs], ['f', 'a.ts:3', 1.5]);
  const write = { variable: 'x', old_value: 1, new_value: 3, access_type: 'Write', location: 'l' };
  assert.equal(event({ StateChange: write }).value, '1 → 3 +2');
  assert.equal(event({ StateChange: { ...write, access_type: 'Read' } }).value, 'reads 3');
  const untold = { ...write, old_value: null, new_value: null };
  assert.equal(event({ StateChange: untold }).value, 'writes');
  assert.equal(event({ StateChange: { ...untold, access_type: 'Read' } }).value, 'reads');
  assert.equal(event({ Error: { error_type: '__proto__' } }).what, '__proto__');
  assert.deepEqual([event({}).kind, event({ Custom: null }).what], ['', '']);
});
