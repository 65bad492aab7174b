/** The page on analysis says what the code does: its examples are run, its names and numbers compared. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { budgets } from '../../src/analysis/budgets.ts';
import { fingerprint } from '../../src/analysis/issues/fingerprint.ts';
import { changedPairs, changeVariable } from '../../src/analysis/issues/variable-sites.ts';
import { edgeSources } from '../../src/analysis/order/edge-list.ts';
import { alignClocks } from '../../src/analysis/time/clock-skew.ts';
import { nestSpans } from '../../src/analysis/time/span-tree.ts';
import type { AccessType } from '../../src/domain/event/event-kind.ts';
import { anomalyClasses, evidenceLevels, patterns } from '../../src/domain/findings/finding.ts';
import { type RankedTraits, rankOf } from '../../src/domain/findings/ranking.ts';
import { describeBaseline } from '../../src/domain/latency/baseline.ts';
import { bucketsOf } from '../../src/domain/latency/buckets.ts';
import { binOf, mergeHistograms } from '../../src/domain/latency/histogram.ts';
import { judge } from '../../src/domain/latency/judge.ts';
import { thresholds } from '../../src/domain/latency/thresholds.ts';
import { footprints } from '../analysis/across/footprint-world.ts';
import { traceEvents } from '../support/events.ts';
import { repositoryRoot, sourceFiles } from '../support/repository.ts';
import { orderOf, pathOf, shares } from '../support/spans.ts';
import {
  crossWitnessIn,
  findIn,
  rowsBelow,
  scheduleTables,
  tableEvents,
  witnessIn,
} from './schedule-table.ts';

const page = readFileSync(join(repositoryRoot, 'docs/analysis.md'), 'utf8');
const tables = scheduleTables(page);

/** The text of one section of the page, without those of lower rank inside it. */
function section(heading: string): string {
  const [, text] = page.split(new RegExp(`^#+ ${heading}$`, 'm'));
  assert.ok(text !== undefined, `no section ${heading}`);
  return text.split(/^#/m)[0] ?? '';
}

/** The first cell of each row below a head, where that is a name in code. */
function namesBelow(text: string, head: string): string[] {
  return rowsBelow(text, head).map(([name = '']) => name.replaceAll('`', ''));
}

test('every table of steps gives what the page says is found', () => {
  assert.ok(tables.length >= 25);
  for (const table of tables) {
    const name = `${table.heading}: ${table.steps.map(({ does }) => does).join('; ')}`;
    assert.deepEqual(findIn(table), table.found, name);
  }
});

test('every level of evidence, pattern and class of anomaly is explained, and shown to happen', () => {
  assert.deepEqual(namesBelow(page, '| level |'), evidenceLevels);
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  assert.deepEqual(headings, [...patterns, ...anomalyClasses]);
  const found = tables.flatMap((table) => table.found).join('\n');
  for (const level of evidenceLevels.slice(1)) assert.match(found, new RegExp(` ${level} `));
  for (const pattern of patterns) assert.match(found, new RegExp(` ${pattern}\\b`));
  for (const anomaly of anomalyClasses) assert.ok(found.includes(`, ${anomaly},`), anomaly);
});

test('what is possible but did not happen (E0) is counted as the page says', () => {
  const table = tables.find(({ possible }) => possible.length > 0);
  assert.ok(table !== undefined);
  const all = footprints(traceEvents(tableEvents(table)));
  const counted = changedPairs(null, changeVariable(null, [], all)).map(
    ({ subject, eventPairs }) => {
      const steps = subject.sites.map(({ location }) => location.replace('step ', '')).sort();
      return `steps ${steps.join(' and ')}: ${eventPairs} pair of accesses`;
    },
  );
  assert.deepEqual(counted.sort(), table.possible);
});

test('the clock of one process tells of the four interleavings of the page, and of no other', () => {
  const listed = new Map(
    rowsBelow(page, '| local, remote, local |').map(([steps = '', told = '']) => [
      steps,
      told.replaceAll('`', ''),
    ]),
  );
  assert.equal(listed.size, 4);
  const acts = ['read', 'write'];
  for (const steps of acts.flatMap((a) => acts.flatMap((b) => acts.map((c) => [a, b, c])))) {
    const found = findIn({
      columns: ['trace 1', 'trace 2'],
      steps: steps.map((act, at) => ({ column: at % 2, does: `${act} x` })),
    });
    const byClock = found.filter((line) => line.includes(': E2 '));
    const expected = listed.get(steps.join(', '));
    assert.equal(byClock.length, expected === undefined ? 0 : 1, steps.join());
    if (expected !== undefined) assert.ok(byClock[0]?.includes(` ${expected},`), steps.join());
  }
});

test('the witness is the one that the page shows', () => {
  const table = tables.find(({ heading }) => heading === 'Witnesses');
  const [, shown = ''] = /^```json\n([\s\S]*?)^```$/m.exec(section('Witnesses')) ?? [];
  assert.ok(table !== undefined);
  assert.deepEqual(JSON.parse(JSON.stringify(witnessIn(table))), JSON.parse(shown));
});

test('a witness between traces is in the order that the page shows', () => {
  const table = tables.find(({ heading }) => heading === 'The order of a witness');
  const [, shown = ''] = /^```json\n([\s\S]*?)^```$/m.exec(section('The order of a witness')) ?? [];
  assert.ok(table !== undefined);
  assert.deepEqual(JSON.parse(JSON.stringify(crossWitnessIn(table))), JSON.parse(shown));
});

test('edges come from what the page says', () => {
  assert.deepEqual(namesBelow(section('Edges'), '| edge |'), edgeSources);
});

test('fingerprints are what the page says', () => {
  const rows = rowsBelow(page, '| variable | site |');
  assert.equal(rows.length, 3);
  const siteOf = (text = '') => {
    const [service = '', location = '', type] = text.split(' ');
    return { service, location, access_type: type as AccessType, locks: [] };
  };
  for (const [variable = '', one, two, expected] of rows) {
    assert.equal(fingerprint('shared', variable, [siteOf(one), siteOf(two)]), expected);
  }
});

test('findings rank as the page says: by its traits in their order, each from first to last', () => {
  const traits = rowsBelow(page, '| trait |').map(([trait = '', values = '']) => ({
    trait: trait.replaceAll('`', '') as keyof RankedTraits,
    places: values
      .replaceAll('`', '')
      .split(', ')
      .map((alike) => alike.split(' = ')),
  }));
  /** What has the value at one end of each trait, in a known scope. */
  const atEnd = (end: 0 | -1) =>
    Object.fromEntries([
      ['scope', 'shared'],
      ...traits.map(({ trait, places }) => [trait, places.at(end)?.[0]]),
    ]) as unknown as RankedTraits;
  assert.equal(traits.length, Object.keys(atEnd(0)).length - 1);
  assert.deepEqual(traits.find(({ trait }) => trait === 'pattern')?.places.flat(), patterns);
  const best = atEnd(0);
  let worst = atEnd(-1);
  assert.ok(rankOf({ ...best, scope: 'unknown', evidence: 'E2' }) > rankOf(worst));
  for (const { trait, places } of traits) {
    worst = { ...worst, [trait]: best[trait] };
    const ranks = places.map((alike) => alike.map((value) => rankOf({ ...best, [trait]: value })));
    assert.deepEqual(
      ranks.map((alike) => new Set(alike).size),
      ranks.map(() => 1),
      `${trait}: alike`,
    );
    const order = ranks.map(([rank = 0]) => rank);
    assert.deepEqual(
      order,
      [...new Set(order)].sort((a, b) => a - b),
      trait,
    );
    // The second of a trait comes after the last of all traits below it.
    assert.ok(rankOf(worst) < (order[1] ?? 0), trait);
  }
});

test('the critical paths of the page are those of its steps', () => {
  const examples = section('Critical path')
    .split(/\n{2,}/)
    .map((block) => rowsBelow(block, '| step | made in |'))
    .filter(({ length }) => length > 0);
  assert.equal(examples.length, 2);
  for (const rows of examples) {
    const sketches = rows.map(([name = '', parent = '', from, to]) => ({
      name,
      at: Number(from),
      ms: Number(to) - Number(from),
      ...(parent === '' ? {} : { in: parent }),
    }));
    const onPath = rows.filter(([, , , , ms]) => ms !== '–');
    assert.deepEqual(
      shares(sketches),
      Object.fromEntries(onPath.map(([name, , , , ms]) => [name, Number(ms)])),
    );
    assert.deepEqual(
      pathOf(sketches).path.map(({ percentage }) => `${percentage} %`),
      onPath.map(([, , , , , share]) => share),
    );
  }
});

test('clocks are adjusted as the page says', () => {
  const rows = rowsBelow(page, '| step | called by |');
  assert.equal(rows.length, 5);
  for (const [name = '', caller = '', from, to, moved] of rows) {
    const [outer = '', start, end] = caller.split(/[ –]/);
    const order = orderOf([
      { name: outer, at: Number(start), ms: Number(end) - Number(start), instance: 'a' },
      { name, in: outer, at: Number(from), ms: Number(to) - Number(from), instance: 'b' },
    ]);
    const [skew] = alignClocks(order, nestSpans(order)).skews;
    assert.equal((skew?.adjusted_us ?? 0) / 1000, Number(moved), `${from}–${to}`);
  }
});

test('durations are judged as the page says', () => {
  const rows = rowsBelow(page, '| hour | durations before |');
  assert.ok(rows.length >= 12);
  for (const [hour = '', before = '', duration = '', told] of rows) {
    const bins = [...before.matchAll(/(\d+) × (\d+) ms/g)].map(
      ([, count, ms]) => new Map([[binOf(Number(ms)), Number(count)]]),
    );
    const key = { service: 's', kind: 'FunctionCall', operation: 'f', status: 'ok' } as const;
    const learnt = mergeHistograms(bins);
    const buckets = bucketsOf({ key, keyText: '', hour: 480_000, learnt, flagged: new Map() });
    const baseline = describeBaseline(buckets, hour === 'the same' ? 480_000 : 480_001);
    const found = judge(baseline, Number.parseFloat(duration));
    const text = typeof found === 'string' ? found : `${found.kind} ${found.severity}`;
    assert.equal(text, told, `${hour}, ${before}: ${duration}`);
  }
});

test('thresholds and budgets are those of the code', () => {
  const listed = (head: string) =>
    rowsBelow(page, head).map(([name = '', value = '']) => [
      name.replaceAll('`', ''),
      Number(value.replaceAll(',', '')),
    ]);
  assert.deepEqual(listed('| threshold |'), Object.entries(thresholds));
  assert.deepEqual(listed('| budget |'), Object.entries(budgets));
  const source = sourceFiles('src')
    .map(({ text }) => text)
    .join('\n');
  for (const [, , told = ''] of rowsBelow(page, '| budget |')) {
    const name = /^`(\w+)`$/.exec(told)?.[1];
    if (name !== undefined) assert.ok(new RegExp(`\\b${name}\\b`).test(source), name);
  }
});

test('every file that the page names exists, and has the code that it names there', () => {
  const flat = page.replace(/\n(?!\n)/g, ' ');
  const missing = [...flat.matchAll(/`((?:src|test)\/[\w/.-]+)`((?:: |, )?(?:`\w+`(?:, )?)*)/g)]
    .map(([, path = '', names = '']) => ({
      path,
      names: names.startsWith(': ') ? [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name) : [],
    }))
    .flatMap(({ path, names }) => {
      const full = join(repositoryRoot, path);
      if (!existsSync(full)) return [path];
      if (names.length === 0) return [];
      const text = readFileSync(full, 'utf8');
      return names
        .filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
        .map((name) => `${path}: ${name}`);
    });
  assert.deepEqual(missing, []);
});
