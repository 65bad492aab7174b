import type { Issue } from '../api/types.ts';
import { type Step, stepsOf } from '../model/race/interleaving.ts';

const stepsMax = 8;

/** Who did what, in its order, in words. */
export function interleavingWords(issue: Issue): string {
  const [witness] = issue.witnesses;
  return witness === undefined ? '' : wordsOf(stepsOf(issue, witness).slice(0, stepsMax));
}

function wordsOf(steps: readonly Step[]): string {
  return steps.map(({ side, writes }) => `${side} ${writes ? 'writes' : 'reads'}`).join(', ');
}

/** A over B, in their order: discs and squares, reads hollow, writes filled. */
export function MiniInterleaving({ issue }: { issue: Issue }) {
  const [witness] = issue.witnesses;
  if (witness === undefined) return <span class="muted">no witness</span>;
  const steps = stepsOf(issue, witness).slice(0, stepsMax);
  const x = (place: number) => 14 + place * 24;
  const width = x(steps.length - 1) + 14;
  return (
    <svg
      class="mini"
      viewBox={`0 0 ${width} 34`}
      width={width}
      role="img"
      aria-label={wordsOf(steps)}
    >
      <line class="lane" x1="2" y1="9" x2={width - 2} y2="9" />
      <line class="lane" x1="2" y1="25" x2={width - 2} y2="25" />
      {steps.map(({ side, writes, source }, place) =>
        side === 'A' ? (
          <circle
            key={source.event_id}
            class={`of-a ${writes ? 'full' : 'hollow'}`}
            cx={x(place)}
            cy="9"
            r="5"
          />
        ) : (
          <rect
            key={source.event_id}
            class={`of-b ${writes ? 'full' : 'hollow'}`}
            x={x(place) - 5}
            y="20"
            width="10"
            height="10"
          />
        ),
      )}
    </svg>
  );
}
