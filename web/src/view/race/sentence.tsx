import type { Issue, Witness } from '../../api/types.ts';
import { tracePath } from '../../app/route.ts';
import { type Side, type Step, serialOutcomes } from '../../model/race/interleaving.ts';
import { valueText } from '../../model/value-text.ts';
import { visible } from '../../model/visible.ts';
import { Name, Value } from '../../ui/name.tsx';
import type { Roots } from './use-roots.ts';

/** What happened, in one or two sentences. */
export function RaceSentence(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly steps: readonly Step[];
  readonly roots: Roots;
}) {
  const { issue, witness, steps, roots } = props;
  const lost = steps.find((step) => step.lost !== null);
  const loser = steps.find((step) => step.writes && step.side !== lost?.side);
  const outcomes = serialOutcomes(issue, steps);
  const [a, b] = witness.events;
  const read = steps.find((step) => step.reads && !step.writes)?.value;
  const isSame = steps
    .filter((step) => step.reads && !step.writes)
    .every((step) => valueText(step.value) === valueText(read));
  const isTold = issue.pattern === 'lost_update' && lost && loser && read !== undefined && isSame;
  if (!isTold) {
    return (
      <p class="sentence">
        <Request side="A" trace={a.trace_id} root={roots.A} /> and{' '}
        <Request side="B" trace={b.trace_id} root={roots.B} />. {visible(witness.explanation, 2000)}
      </p>
    );
  }
  const change = loser.change ?? `to ${valueText(loser.value, 80)}`;
  return (
    <p class="sentence">
      <Request side="A" trace={a.trace_id} root={roots.A} /> and{' '}
      <Request side="B" trace={b.trace_id} root={roots.B} /> both read <Value value={read} />. Then{' '}
      {loser.side} wrote <Value value={loser.value} /> and {lost.side} wrote{' '}
      <Value value={lost.value} /> over it.{' '}
      <b class="bad">
        {loser.side}’s change {loser.change === null ? '' : 'of '}
        {change} is lost.
      </b>{' '}
      {outcomes !== null && outcomes.either !== outcomes.happened && (
        <span class="muted">
          One after the other, they would have left <code>{outcomes.either}</code>.
        </span>
      )}
    </p>
  );
}

/** A request as a chip in the colour of its side. */
export function Request(props: {
  readonly side: Side;
  readonly trace: string;
  readonly root: string;
}) {
  return (
    <a class="request" href={tracePath(props.trace)}>
      <span class={`side of-${props.side.toLowerCase()}`}>{props.side}</span>{' '}
      <Name text={props.root} />
    </a>
  );
}
