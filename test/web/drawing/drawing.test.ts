/** What is drawn of a trace, counted: it is the same on every machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Colours } from '../../../web/src/draw/colours.ts';
import { fitText } from '../../../web/src/draw/fit-text.ts';
import { drawFlame } from '../../../web/src/draw/flame.ts';
import { SvgPen } from '../../../web/src/draw/svg-pen.ts';
import { drawWaterfall } from '../../../web/src/draw/waterfall.ts';
import { linesOf } from '../../../web/src/model/trace/lines.ts';
import { flag } from '../../../web/src/model/trace/timeline.ts';
import { depths, timelineOf } from '../timelines.ts';

const unfolded = { depth: Number.POSITIVE_INFINITY, turned: new Set<number>() };

/** Counts what is drawn; every other member of a canvas is taken without effect. */
function countingContext(): { context: CanvasRenderingContext2D; calls: () => number } {
  let count = 0;
  const target = { measureText: () => ({ width: 40 }) };
  const context = new Proxy(target, {
    get: (known, name) => {
      count += 1;
      return name === 'measureText' ? known.measureText : () => undefined;
    },
    set: () => true,
  });
  return { context: context as unknown as CanvasRenderingContext2D, calls: () => count };
}

const colours = new Proxy({}, { get: () => '#000' }) as Colours;

test('a frame of a hundred thousand steps draws no more than one of a hundred', () => {
  const drawn = (rows: number) => {
    const timeline = depths(Array.from({ length: rows }, (_, row) => Math.min(row, row % 9)));
    const frame = (top: number) => {
      const { context, calls } = countingContext();
      const lines = linesOf(timeline, unfolded);
      const span = { from: 0, to: timeline.totalUs };
      const view = { width: 900, height: 572, lineHeight: 26, top, lines, span };
      const rest = { folding: unfolded, others: [], selected: 3, marked: 2, showsCritical: true };
      drawWaterfall(context, timeline, { ...view, ...rest, hits: new Set() }, colours);
      return calls();
    };
    return Math.max(frame(0), frame((rows - 22) * 13), frame((rows - 22) * 26));
  };
  const [few, many] = [drawn(100), drawn(100_000)];
  assert.ok(many <= few * 1.5, `${many} calls, ${few} of few`);
  assert.ok(many < 2500, `${many} calls`);
});

test('a flame draws a step that is narrower than a pixel with its neighbours', () => {
  const timeline = depths(Array.from({ length: 100_000 }, (_, row) => Math.min(row, row % 9)));
  const { context, calls } = countingContext();
  const view = { width: 900, height: 300, selected: -1, hits: new Set<number>() };
  drawFlame(context, timeline, { ...view, span: { from: 0, to: timeline.totalUs } }, colours);
  assert.ok(calls() < 9 * 900 * 10, `${calls()} calls`);
});

test('a text that has no room ends in an ellipsis, whole characters only', () => {
  const width = (text: string) => [...text].length * 10;
  let measured = 0;
  const context = {
    measureText: (text: string) => {
      measured += 1;
      return { width: width(text) };
    },
  } as unknown as CanvasRenderingContext2D;
  const within = (text: string, room: number) => fitText(context, '12px x', text, room);
  assert.deepEqual(within('checkout.py:27', 140), { text: 'checkout.py:27', width: 140 });
  assert.deepEqual(within('checkout.py:27', 95), { text: 'checkout…', width: 90 });
  assert.deepEqual(within('🚀🚀🚀', 25), { text: '🚀…', width: 20 });
  assert.deepEqual(
    [within('abc', 9).text, within('abc', -40).text, within('', 50).text],
    [...['', '', '']],
  );
  const before = measured;
  assert.equal(within('checkout.py:27', 95.4).text, 'checkout…');
  assert.equal(measured, before, 'a text is measured once');
  assert.ok(within('x'.repeat(100_000), 300).text.length <= 30);
});

test('what is drawn becomes an SVG in which names are text', () => {
  const rows = [
    { depth: 0, name: '<script>"&' },
    { depth: 1, name: 'x', took: -1, flags: flag.writes, value: '1 → 2' },
  ];
  const timeline = timelineOf(rows);
  const pen = new SvgPen((type, text) => {
    assert.match(type, /^[\d.]+px /);
    return { width: text.length * 6 } as TextMetrics;
  });
  const span = { from: 0, to: timeline.totalUs };
  const view = {
    width: 900,
    height: 60,
    lineHeight: 26,
    top: 0,
    lines: Int32Array.of(0, 1, -1),
    span,
  };
  const mark = { atUs: 1, writes: true, isUndone: false, text: 'writes 2' };
  const other = {
    traceId: 'other',
    row: 1,
    name: 'GET /',
    variable: 'x',
    place: '',
    fingerprints: ['f'],
    marks: [mark],
  };
  const rest = { folding: unfolded, selected: 0, marked: 0, showsCritical: true };
  drawWaterfall(pen, timeline, { ...view, ...rest, others: [other], hits: new Set([1]) }, colours);
  const svg = pen.text(900, 60, '#fff');
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="900" height="60"/);
  assert.match(svg, />&lt;script&gt;&quot;&amp;<\/text>/);
  assert.match(svg, /<path d="M[\d.]+ [\d.]+A5 5 /, 'a mark is round');
  assert.match(svg, /<clipPath id="c1"><rect x="[\d.]+"/);
  assert.match(svg, /clip-path="url\(#c1\)"/);
  assert.match(svg, />writes 2<\/text>/);
  assert.doesNotMatch(svg, /NaN|undefined|<script/);
  assert.equal([...svg.matchAll(/<(\w+)[^>]*[^/]>/g)].length, [...svg.matchAll(/<\/\w+>/g)].length);
});
