import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnedFinding } from '../../src/storage/memory/derived/issue-entry.ts';
import { IssueMembers } from '../../src/storage/memory/derived/issue-members.ts';

const FINDINGS = 3500;

/** Members of one issue, each finding in a trace of its own. */
function manyMembers() {
  const raced = new Set<string>();
  const members = new IssueMembers((traceId, isRaced) => {
    if (isRaced) raced.add(traceId);
    else raced.delete(traceId);
  });
  const findings = Array.from(
    { length: FINDINGS },
    (_, index) => ({ traceIds: [`trace-${index}`] }) as unknown as OwnedFinding,
  );
  for (const finding of findings) members.add(finding, true);
  return { members, findings, raced };
}

test('an issue of very many traces is ignored in turns, and who waits knows when it is done', async () => {
  const { members, findings, raced } = manyMembers();
  assert.equal(raced.size, FINDINGS);
  members.change(findings, () => false);
  assert.ok(raced.size > 0 && raced.size < FINDINGS, 'a part at once');
  let turns = 0;
  const count = () => {
    turns += 1;
    if (raced.size > 0) setImmediate(count);
  };
  setImmediate(count);
  await members.settled();
  assert.equal(raced.size, 0);
  assert.ok(turns > 1, 'others had their turns meanwhile');
  assert.deepEqual(members.allOf('trace-7'), [findings[7]]);
  assert.deepEqual(members.shownOf('trace-7'), []);
});

test('what is taken out, or decided again, meanwhile is not brought back', async () => {
  const { members, findings, raced } = manyMembers();
  let isIgnored = true;
  const isShown = () => !isIgnored;
  members.change(findings, isShown);
  const [first, last] = [findings[0] as OwnedFinding, findings.at(-1) as OwnedFinding];
  for (const gone of [first, last]) members.remove(gone);
  // The same trace, analysed again.
  const again = { ...last };
  members.add(again, isShown());
  isIgnored = false;
  members.change([...findings.slice(1, -1), again], isShown);
  await members.settled();
  assert.equal(raced.size, FINDINGS - 1);
  assert.deepEqual(members.allOf('trace-0'), []);
  assert.equal(members.allOf(`trace-${FINDINGS - 1}`)[0], again);
});
