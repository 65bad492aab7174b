import type { Witness } from '../../api/types.ts';
import { tracePath } from '../../app/route.ts';
import {
  type SerialOutcomes,
  type Side,
  type Step,
  sentenceParts,
} from '../../model/race/interleaving.ts';
import { valueText } from '../../model/value-text.ts';
import { visible } from '../../model/visible.ts';
import { Name, Value } from '../../ui/name.tsx';
import type { Roots } from './roots.ts';

/** What happened, in one or two sentences. */
export function RaceSentence(props: {
  readonly witness: Witness;
  readonly steps: readonly Step[];
  readonly roots: Roots;
  readonly outcomes: SerialOutcomes | null;
}) {
  const { witness, steps, roots, outcomes } = props;
  const lost = steps.find((step) => step.lost !== null);
  const loser = steps.find((step) => step.writes && step.side !== lost?.side);
  const reads = steps.filter((step) => step.reads && !step.writes);
  const read = reads[0]?.value ?? null;
  const isSame = reads.every((step) => valueText(step.value) === valueText(read));
  if (!lost || lost.value === null || !loser || read === null || !isSame) {
    return <ServerSentence witness={witness} roots={roots} />;
  }
  const either = eitherWay(outcomes);
  const change = loser.change ?? `to ${valueText(loser.value, 80)}`;
  return (
    <p class="sentence">
      <RequestOf side="A" witness={witness} roots={roots} /> and{' '}
      <RequestOf side="B" witness={witness} roots={roots} /> both read <Value value={read} />. Then{' '}
      {loser.side} wrote <Value value={loser.value} /> and {lost.side} wrote{' '}
      <Value value={lost.value} /> over it.{' '}
      <b class="bad">
        {loser.side}’s change {loser.change === null ? '' : 'of '}
        {change} is lost.
      </b>{' '}
      {either !== undefined && either !== outcomes?.happened && (
        <span class="muted">
          One after the other, they would have left <code>{either}</code>.
        </span>
      )}
    </p>
  );
}

/** What both orders would have left; undefined where they differ, or values do not tell. */
function eitherWay(outcomes: SerialOutcomes | null): string | undefined {
  const [first, ...others] = (outcomes?.outcomes ?? []).map(({ value }) => value);
  return others.every((value) => value === first) ? first : undefined;
}

/** The server's own words, with the requests that it names as chips. */
function ServerSentence({ witness, roots }: { witness: Witness; roots: Roots }) {
  const parts = sentenceParts(witness.explanation, witness);
  const named = (side: Side) => parts.includes(side);
  return (
    <p class="sentence">
      {!(named('A') && named('B')) && (
        <>
          <RequestOf side="A" witness={witness} roots={roots} /> and{' '}
          <RequestOf side="B" witness={witness} roots={roots} />.{' '}
        </>
      )}
      {parts.map((part, place) => {
        if (part !== 'A' && part !== 'B') return visible(part, 2000);
        const isFirst = parts.indexOf(part) === place;
        return isFirst ? (
          <RequestOf key={part} side={part} witness={witness} roots={roots} />
        ) : (
          <b key={`${part} ${place}`} class={`side of-${part.toLowerCase()}`}>
            {part}
          </b>
        );
      })}
    </p>
  );
}

function RequestOf(props: { side: Side; witness: Witness; roots: Roots }) {
  const { side, witness, roots } = props;
  const { trace_id: trace } = witness.events[side === 'A' ? 0 : 1];
  return <Request side={side} trace={trace} root={roots[side]} />;
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
