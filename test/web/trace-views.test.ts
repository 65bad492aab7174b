/** A trace line by line, what others did meanwhile, its graph, ways into an editor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Meanwhile } from '../../web/src/api/types.ts';
import { editorExamples, editorLink, templateFault } from '../../web/src/model/editor-link.ts';
import {
  foldingDepth,
  linesAtFirst,
  linesOf,
  rowBeside,
  rowsAround,
  unfoldedTo,
  withAround,
} from '../../web/src/model/trace/lines.ts';
import { otherText, readMeanwhile } from '../../web/src/model/trace/meanwhile.ts';
import {
  graphEdgesMax,
  stepGraph,
  stepNodesMax,
  valueNodesMax,
} from '../../web/src/model/trace/step-graph.ts';
import { flag, slackText } from '../../web/src/model/trace/timeline.ts';
import { depths, timelineOf } from './timelines.ts';

const unfolded = { depth: Number.POSITIVE_INFINITY, turned: new Set<number>() };

test('what is folded hides what lies below it; others stand below the row that they met', () => {
  const timeline = depths([0, 1, 2, 2, 1, 0]);
  assert.deepEqual([...linesOf(timeline, unfolded)], [0, 1, 2, 3, 4, 5]);
  const folding = { ...unfolded, turned: new Set([1]) };
  assert.deepEqual([...linesOf(timeline, folding, [4, 4, 2])], [0, 1, 4, -1, -2, 5]);
  assert.deepEqual([...linesOf(timeline, { depth: 0, turned: new Set() })], [0, 5]);
  assert.deepEqual([...linesOf(timeline, { depth: 0, turned: new Set([0]) })], [0, 1, 4, 5]);
  assert.deepEqual(rowsAround(timeline, 3), [1, 0]);
  assert.deepEqual([...unfoldedTo(timeline, folding, 3).turned], []);
  const lines = linesOf(timeline, folding, [4]);
  assert.deepEqual(
    [
      rowBeside(lines, 4, 1),
      rowBeside(lines, 4, -1),
      rowBeside(lines, 5, 1),
      rowBeside(lines, 0, -1),
    ],
    [5, 1, 5, 0],
  );
});

test('a trace has few lines at first, whatever it holds; its shallow steps are there', () => {
  const many = depths(Array.from({ length: 50_000 }, (_, row) => Math.min(row, row % 9)));
  const depth = foldingDepth(many);
  const lines = linesOf(many, { depth, turned: new Set() });
  assert.ok(lines.length <= linesAtFirst || depth === 0, `${lines.length} lines`);
  assert.equal(foldingDepth(depths([0, 1, 2])), Number.POSITIVE_INFINITY);
  // A chain as deep as it is long is walked without recursion.
  const chain = depths(Array.from({ length: 50_000 }, (_, row) => row));
  const shown = linesOf(chain, { depth: foldingDepth(chain), turned: new Set() });
  assert.ok(shown.length <= linesAtFirst && shown.length > linesAtFirst / 2, `${shown.length}`);
});

test('only what was found is shown, with all that it lies in', () => {
  const timeline = depths([0, 1, 2, 1, 2, 0]);
  const only = withAround(timeline, new Set([4]));
  assert.deepEqual([...only].sort(), [0, 3, 4]);
  assert.deepEqual([...linesOf(timeline, unfolded, [], only)], [0, 3, 4]);
  const rises = fc.array(fc.integer({ min: -5, max: 1 }), { maxLength: 60 });
  fc.assert(
    fc.property(rises, fc.array(fc.nat(59)), (steps, wanted) => {
      let depth = 0;
      const list = [0, ...steps.map((step) => (depth = Math.max(0, depth + step)))];
      const made = depths(list);
      const found = new Set(wanted.filter((row) => row < list.length));
      const expected = new Set([...found].flatMap((row) => [row, ...rowsAround(made, row)]));
      assert.deepEqual(withAround(made, found), expected);
    }),
  );
});

test('slack is said of steps alone', () => {
  const timeline = timelineOf([
    { depth: 0, slack: 0 },
    { depth: 1, slack: 3100 },
    { depth: 1 },
    { depth: 1, took: -1, slack: 5 },
    { depth: 1, flags: flag.lock },
  ]);
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((row) => slackText(timeline, row)),
    [
      'none: each moment longer delays the request',
      'could take 3.1 ms longer without delaying the request',
      'nobody waits for it',
      null,
      null,
    ],
  );
});

test('others lie on the scale of the trace; what was undone is told', () => {
  const access = (timestamp: string, type: string, value: unknown, undone = false) => ({
    ...{ event_id: 'e', timestamp, location: 'refund.py:39', access_type: type, undone },
    ...{ old_value: null, new_value: value },
  });
  const other = {
    ...{ variable: '__proto__', row: 1, trace_id: 'o', service: 's', operation: null, races: [] },
    accesses: [
      access('2026-01-01T00:00:00.000250Z', 'Read', 'x'),
      access('2026-01-01T00:00:00.001Z', 'Write', { a: 1 }, true),
      access('2026-01-01T00:00:00.002Z', 'Write', null),
    ],
  };
  const wire: Meanwhile = {
    ...{ trace_id: 't', stale: false, complete: true },
    others: [other, { ...other, row: 9 }],
  };
  const [read, ...rest] = readMeanwhile(wire, depths([0, 1]));
  assert.deepEqual(rest, []);
  assert.deepEqual(
    read?.marks.map(({ atUs, writes }) => [atUs, writes]),
    [
      [250, false],
      [1000, true],
      [2000, true],
    ],
  );
  assert.ok(read !== undefined);
  assert.equal(otherText(read), 'reads "x", writes {"a":1} (undone), writes');
});

test('a graph has steps that do the same once, values between them, and a bound', () => {
  const timeline = timelineOf(
    [
      { depth: 0, name: 'GET /' },
      { depth: 1, name: 'load' },
      { depth: 2, name: 'x', took: -1, flags: flag.reads },
      { depth: 1, name: 'load' },
      { depth: 2, name: 'x', took: -1, flags: flag.reads | flag.writes },
      { depth: 1, name: 'lock', flags: flag.lock },
    ],
    [4],
  );
  const { nodes, edges, leftOut } = stepGraph(timeline);
  assert.deepEqual(
    nodes.map(({ kind, name, count, races, row }) => [kind, name, count, races, row]),
    [
      ['step', 'load', 2, false, 1],
      ['step', 'GET /', 1, false, 0],
      ['variable', 'x', 2, true, 4],
    ],
  );
  assert.deepEqual(
    edges.map(({ from, to, kind, count }) => [from, to, kind, count]),
    [
      [1, 0, 'calls', 2],
      [0, 2, 'reads', 1],
      [0, 2, 'writes', 1],
    ],
  );
  assert.equal(leftOut, 0);
  const names = Array.from({ length: 900 }, (_, row) => ({ depth: row % 5, name: `n${row}` }));
  const values = names.map((row) => ({ ...row, took: -1, flags: flag.writes }));
  const large = stepGraph(timelineOf([...names, ...values]));
  assert.equal(large.nodes.length, stepNodesMax + valueNodesMax);
  assert.equal(large.leftOut, 1800 - large.nodes.length);
  const dense = Array.from({ length: 8000 }, (_, row) => ({
    ...{ depth: 1 + (row % 2), name: `n${row % 2 === 0 ? row % 38 : Math.floor(row / 40) % 39}` },
  }));
  const lines = stepGraph(timelineOf([{ depth: 0, name: 'root' }, ...dense]));
  assert.equal(lines.edges.length, graphEdgesMax);
  assert.ok(lines.edgesLeftOut > 0);
  const least = Math.min(...lines.edges.map((edge) => edge.count));
  assert.ok(lines.edges.every(({ count }) => count >= least));
});

test('a place opens in the editor that was chosen, and in nothing else', () => {
  const code = 'vscode://file/{file}:{line}';
  const rows: [place: string, link: string | null][] = [
    ['/srv/app/refund.py:39', 'vscode://file/srv/app/refund.py:39'],
    ['src/a b.ts:1', null],
    ['src/ünï.ts', 'vscode://file/src/%C3%BCn%C3%AF.ts:1'],
    ['C:\\shop\\a.cs:7:3', 'vscode://file/C%3A/shop/a.cs:7'],
    ['javascript:alert(1)', null],
    ['data:text/html,x.y', null],
    ['//evil.example/share/a.ts:1', null],
    ['\\\\evil\\share\\a.ts:1', null],
    ['../../etc/passwd:1', null],
    ['src/x?a=b#c.ts:2', 'vscode://file/src/x%3Fa%3Db%23c.ts:2'],
    ['a{line}.ts:2', 'vscode://file/a%7Bline%7D.ts:2'],
    ['GET /products', null],
    ['checkout', null],
    ['a\u202e.ts:1', null],
    [`${'x/'.repeat(900)}a.ts`, null],
  ];
  for (const [place, link] of rows) assert.equal(editorLink(code, place), link, place);
  assert.equal(editorLink('', 'a.ts:1'), null);
});

test('a template is a known editor or a page, and leads where it says itself', () => {
  for (const [, template] of editorExamples) assert.equal(templateFault(template), null, template);
  for (const template of [
    'javascript:alert(1)//{file}',
    'javascript://x/{file}',
    'data://text/{file}',
    'file:///{file}',
    'blob://x/{file}',
    'vbscript://x/{file}',
    'JavaScript://x/{file}',
    ' javascript://x/{file}',
    'vscode:{file}',
    'https://{file}/x',
    'https://example.com/',
    'search-ms://x/{file}',
  ]) {
    assert.ok(templateFault(template) !== null, template);
    assert.equal(editorLink(template, 'a.ts:1'), null, template);
  }
});
