import type { Issue, Witness } from '../../api/types.ts';
import { lockNames, siteOf } from '../../model/race/interleaving.ts';
import { evidenceSteps } from '../../model/words.ts';
import { Code } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Remedies } from '../../ui/remedies.tsx';

/** How sure it is, as steps; what is missing to be surer stands grey. */
export function SureCard({ issue }: { issue: Issue }) {
  return (
    <Card title="How sure is this?">
      <ol class="ladder">
        {evidenceSteps.map(({ level, says }) => {
          const isReached = level <= issue.evidence;
          return (
            <li key={level} class={isReached ? 'reached' : 'muted'}>
              <span aria-hidden="true">{isReached ? '✓' : '–'}</span>
              <span>
                {says}
                <span class="hidden">{isReached ? ': yes' : ': not shown'}</span>
              </span>
              <span class="muted">{level}</span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

/** What could have put one before the other, and did not. */
export function OrderCard({ issue, witness }: { issue: Issue; witness: Witness }) {
  const ofA = lockNames(siteOf(issue, witness, 'A'));
  const ofB = lockNames(siteOf(issue, witness, 'B'));
  const common = ofA.filter((name) => ofB.includes(name));
  const isAcross = witness.events[0].trace_id !== witness.events[1].trace_id;
  return (
    <Card title="What could have ordered them">
      <dl class="facts">
        <dt>Locks of A</dt>
        <dd>
          <Locks names={ofA} />
        </dd>
        <dt>Locks of B</dt>
        <dd>
          <Locks names={ofB} />
        </dd>
        <dt>In common</dt>
        <dd>{common.length === 0 ? <b class="bad">none</b> : <Locks names={common} />}</dd>
        <dt>Messages</dt>
        <dd>none known from one to the other</dd>
        <dt>{isAcross ? 'Calls' : 'Tasks'}</dt>
        <dd>neither started nor awaited the other</dd>
      </dl>
    </Card>
  );
}

function Locks({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span class="muted">none</span>;
  return <Code text={names.join(', ')} />;
}

/** Ways to close it, by its locks and by its store. */
export function CloseCard({ issue }: { issue: Issue }) {
  return (
    <Card title="How to close it" hint="advice: one of these">
      <Remedies remedies={issue.remedies} />
    </Card>
  );
}
