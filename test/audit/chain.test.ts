import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { newChain, nextLine } from '../../src/audit/chain.ts';
import { verifyAudit } from '../../src/audit/verify.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'raceway-audit-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** Lines of one chain; what they say is hostile. */
function chainOf(count: number): string[] {
  let head = newChain();
  return Array.from({ length: count }, (_, index) => {
    const content = {
      time: new Date(index).toISOString(),
      event: 'access',
      trace_id: `","hash":"${'0'.repeat(64)}"}\n\u2028{"level":"\ud800 ${index} ü`,
    };
    const next = nextLine(head, content);
    head = next.head;
    return next.line;
  });
}

test('one changed byte anywhere is found, and its line is named', async (t) => {
  const file = join(folder(t), 'audit.log');
  const lines = chainOf(6);
  const bytes = Buffer.from(lines.join(''));
  const ends = lines.map((_, index) => Buffer.byteLength(lines.slice(0, index + 1).join('')));
  const place = fc.integer({ min: 0, max: bytes.length - 1 });
  const change = fc.integer({ min: 1, max: 255 });
  const hits = new Set<number>();
  await fc.assert(
    fc.asyncProperty(place, change, async (at, by) => {
      const changed = Buffer.from(bytes);
      changed[at] = (bytes[at] ?? 0) ^ by;
      writeFileSync(file, changed);
      const { fault } = await verifyAudit([file]);
      const line = ends.findIndex((end) => at < end) + 1;
      hits.add(line);
      assert.equal(fault?.line, line, `byte ${at} changed by ${by}`);
    }),
    { numRuns: 1500 },
  );
  assert.equal(hits.size, lines.length);
});

test('lines that are taken out, doubled, swapped, put in or cut are found', async (t) => {
  const file = join(folder(t), 'audit.log');
  const [a = '', b = '', c = '', d = ''] = chainOf(4);
  const [other = ''] = chainOf(1);
  const cases: [text: string, line: number | null, reason: RegExp][] = [
    [a + b + c + d, null, /$/],
    [a + c + d, 2, /follows a gap: number 2 is missing/],
    [a + d, 2, /numbers 2 to 3 are missing/],
    [a + b + b + c, 3, /has number 2 and stands behind number 2/],
    [a + c + b, 2, /gap/],
    [`${a}\n${b}`, 2, /is no line of an audit log/],
    [`${a}${b.slice(0, -1)}`, 2, /has no end: the file was cut in it/],
    [a + b.slice(0, 40), 2, /has no end/],
    [a.replace('access', 'acess') + b, 1, /was changed: its hash does not fit its text/],
    // A rotated file begins later, a start on standard output begins a chain of its own.
    [b + c + d, null, /$/],
    [a + b + other, null, /$/],
    [`${a}{"level":"info","msg":"of the ordinary log"}\n${b}`, null, /$/],
    ['', null, /$/],
  ];
  for (const [text, line, reason] of cases) {
    writeFileSync(file, text);
    const { fault } = await verifyAudit([file]);
    assert.equal(fault?.line ?? null, line, text);
    if (line !== null) assert.match(fault?.reason ?? '', reason);
  }
});

test('a chain goes through several files, and a noted hash is looked for', async (t) => {
  const path = folder(t);
  const lines = chainOf(9);
  const files = [0, 3, 6].map((from) => {
    const file = join(path, `${from}.log`);
    writeFileSync(file, lines.slice(from, from + 3).join(''));
    return file;
  });
  const [, hash = ''] = /"hash":"([0-9a-f]{64})"\}\n$/.exec(lines[4] ?? '') ?? [];
  const whole = await verifyAudit(files, hash);
  assert.deepEqual([whole.fault, whole.lineCount, whole.isExpectedFound], [null, 9, true]);
  assert.deepEqual(
    whole.chains.map(({ first, last }) => [first.seq, last.seq]),
    [[1, 9]],
  );
  const [first = '', , third = ''] = files;
  const torn = await verifyAudit([first, third], hash);
  assert.deepEqual([torn.fault?.file, torn.fault?.line, torn.isExpectedFound], [third, 1, false]);
});
