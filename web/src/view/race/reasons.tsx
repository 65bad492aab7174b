import type { Issue, WitnessView } from '../../api/types.ts';
import { lockNames } from '../../model/lock-names.ts';
import type { Side } from '../../model/race/interleaving.ts';
import type { RaceScene } from '../../model/race/race-scene.ts';
import { evidenceSteps, rowWords } from '../../model/words.ts';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Remedies } from '../../ui/remedies.tsx';
import { RaisedBy } from './raised-by.tsx';

/** How sure it is, as steps; what is missing to be surer stands grey. */
export function SureCard({ issue, isUntold }: { issue: Issue; isUntold: boolean }) {
  const row = rowWords[issue.row];
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
      <p class="muted">{surerBy(issue.evidence, isUntold)}</p>
      {row !== null && <p>{row.says}</p>}
      {(row !== null || isUntold) && <RaisedBy services={issue.services} />}
    </Card>
  );
}

/** What would have to be seen for the next step. */
function surerBy(evidence: Issue['evidence'], isUntold: boolean): string {
  if (evidence === 'E0') return 'Nobody has seen the two at one time yet.';
  if (evidence === 'E1')
    return 'They were there at one time; a step of one between two of the other would show more.';
  if (evidence === 'E2')
    return isUntold
      ? 'It would be proven by the values that were read and written, which nobody told.'
      : 'The values that were told do not prove it: that takes what both read, too.';
  return evidence === 'E3' ? 'Proven: nothing more is needed.' : 'Proven over several variables.';
}

/** What could have put one before the other, and did not. */
export function OrderCard(props: {
  readonly why: WitnessView['why_unordered'];
  readonly isAcross: boolean;
  readonly scene: RaceScene;
}) {
  const { why, isAcross, scene } = props;
  const { messages, tasks, calls, common } = why;
  return (
    <Card title="What could have ordered them">
      <dl class="facts">
        <dt>Locks of A</dt>
        <dd>
          <Locks names={lockNames({ locks: why.locks_a })} />
        </dd>
        <dt>Locks of B</dt>
        <dd>
          <Locks names={lockNames({ locks: why.locks_b })} />
        </dd>
        <dt>In common</dt>
        <dd>{common.length === 0 ? <b class="bad">none</b> : <Locks names={common} />}</dd>
        <dt>Messages</dt>
        <dd>none known from one to the other{metText(messages)}</dd>
        <dt>{isAcross ? 'Calls' : 'Tasks'}</dt>
        <dd>neither started nor awaited the other{metText(isAcross ? calls : tasks)}</dd>
        {(['A', 'B'] as const).map((side) => (
          <KnownCalls key={side} side={side} scene={scene} />
        ))}
      </dl>
    </Card>
  );
}

/** How many there were with others. */
function metText({ a, b }: { readonly a: number; readonly b: number }): string {
  return a + b === 0 ? '' : `; with others A had ${a}, B ${b}`;
}

/** What is known to come before the accesses of a side, from where, and how surely. */
function KnownCalls({ side, scene }: { side: Side; scene: RaceScene }) {
  const calls = scene.moments.filter((moment) => moment.side === side && moment.kind === 'calls');
  if (calls.length === 0) return null;
  return (
    <>
      <dt>Before {side}</dt>
      <dd>
        {calls.map(({ what, lane, known }, place) => (
          <span key={lane}>
            {place > 0 && '; '}
            <Name text={scene.callers[side][lane - 1] ?? ''} /> calls <Name text={what} />{' '}
            <span class="muted">
              {known === null
                ? 'as their times tell'
                : `known by ${known.source}, ${known.confidence} confidence`}
            </span>
          </span>
        ))}
      </dd>
    </>
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
