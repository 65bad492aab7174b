import type { Issue, Witness } from '../../api/types.ts';
import { lockNames, type Side, type Step, siteOf } from '../../model/interleaving.ts';
import { layOut, type Segment } from '../../model/space-time.ts';
import { valueText } from '../../model/value-text.ts';
import { visible } from '../../model/visible.ts';
import { Card } from '../../ui/page.tsx';
import type { Roots } from './use-roots.ts';

const width = 560;
const laneOf = { A: 120, B: 440 } as const;
const variableAt = 280;
const variableWidth = 68;
const edge = variableWidth / 2 + 2;

/** The two requests as lines, with the variable between them; time goes down. */
export function SpaceTime(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly steps: readonly Step[];
  readonly roots: Roots;
  readonly chosen: number | null;
  readonly isToScale: boolean;
  readonly onScale: (isToScale: boolean) => void;
}) {
  const { issue, witness, steps, roots, chosen, isToScale, onScale } = props;
  const layout = layOut(steps, isToScale);
  const { missing } = layout;
  return (
    <Card
      title="Space and time"
      hint="arrows are reads and writes"
      tools={
        <fieldset class="tabs">
          <legend class="hidden">Distances</legend>
          {(['Even steps', 'To scale'] as const).map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="scale"
                checked={isToScale === (name === 'To scale')}
                onChange={() => onScale(name === 'To scale')}
              />
              {name}
            </label>
          ))}
        </fieldset>
      }
    >
      <svg
        class="space-time"
        viewBox={`0 0 ${width} ${layout.height}`}
        role="img"
        aria-label={visible(witness.explanation, 2000)}
      >
        <defs>
          <ArrowHead side="A" />
          <ArrowHead side="B" />
        </defs>
        <text class="of-a strong" x={laneOf.A} y="20" text-anchor="middle">
          A · {visible(roots.A, 22)}
        </text>
        <text class="mono strong" x={variableAt} y="20" text-anchor="middle">
          {visible(witness.variable, 18)}
        </text>
        <text class="of-b strong" x={laneOf.B} y="20" text-anchor="middle">
          B · {visible(roots.B, 22)}
        </text>
        {layout.segments.map((segment) => (
          <Stretch key={segment.top} segment={segment} />
        ))}
        {(['A', 'B'] as const).map((side) => (
          <Lifeline
            key={side}
            side={side}
            bottom={layout.height - 10}
            service={witness.events[side === 'A' ? 0 : 1].service}
            span={layout.spans[side]}
            locks={lockNames(siteOf(issue, witness, side))}
          />
        ))}
        {steps.map((step, place) => (
          <Access
            key={step.source.event_id}
            step={step}
            y={layout.y[place] ?? 0}
            isFaded={chosen !== null && place >= chosen}
          />
        ))}
        {missing !== null && (
          <g class="missing">
            <path d={`M${laneOf.A} ${missing.a}V${missing.at}H${laneOf.B}V${missing.b}`} />
            <rect x={variableAt - 70} y={missing.at - 11} width="140" height="22" rx="11" />
            <text x={variableAt} y={missing.at + 4} text-anchor="middle">
              nothing orders these
            </text>
          </g>
        )}
      </svg>
    </Card>
  );
}

function ArrowHead({ side }: { side: Side }) {
  return (
    <marker
      id={`head-${side}`}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerWidth="7"
      markerHeight="7"
      orient="auto"
    >
      <path class={`of-${side.toLowerCase()} full`} d="M0 0L8 4L0 8Z" />
    </marker>
  );
}

function Stretch({ segment }: { segment: Segment }) {
  const { top, bottom, value, writer, isLost } = segment;
  const middle = (top + bottom) / 2 + 4;
  const owner = writer === null ? 'nobody' : `by-${writer.toLowerCase()}`;
  return (
    <g class={`stretch ${owner}`}>
      <rect
        x={variableAt - variableWidth / 2}
        y={top}
        width={variableWidth}
        height={Math.max(4, bottom - top)}
        rx="4"
      />
      {value !== null && (
        <text class={isLost ? 'mono lost' : 'mono'} x={variableAt} y={middle} text-anchor="middle">
          {visible(value, 8)}
        </text>
      )}
    </g>
  );
}

function Lifeline(props: {
  readonly side: Side;
  readonly bottom: number;
  readonly service: string;
  readonly span: { readonly top: number; readonly bottom: number } | null;
  readonly locks: readonly string[];
}) {
  const { side, bottom, service, span, locks } = props;
  const x = laneOf[side];
  const outside = side === 'A' ? x - 16 : x + 16;
  const middle = span === null ? 0 : (span.top + span.bottom) / 2;
  const words = locks.length === 0 ? 'no lock held' : `holds ${visible(locks.join(', '), 24)}`;
  return (
    <g class={`of-${side.toLowerCase()}`}>
      <text class="muted" x={x} y="38" text-anchor="middle">
        {visible(service, 20)}
      </text>
      <line class="life" x1={x} y1="46" x2={x} y2={bottom} />
      {span !== null && (
        <>
          <rect
            class={locks.length === 0 ? 'bare' : 'lock'}
            x={x - 4}
            y={span.top}
            width="8"
            height={span.bottom - span.top}
            rx="4"
          />
          <text
            class="muted"
            x={outside}
            y={middle}
            text-anchor="middle"
            transform={`rotate(${side === 'A' ? -90 : 90} ${outside} ${middle})`}
          >
            {words}
          </text>
        </>
      )}
    </g>
  );
}

function Access({ step, y, isFaded }: { step: Step; y: number; isFaded: boolean }) {
  const { side, writes } = step;
  const x = laneOf[side];
  const inward = side === 'A' ? 1 : -1;
  const near = x + inward * 9;
  const far = variableAt - inward * edge;
  const [from, to] = writes ? [near, far] : [far, near];
  const shape = writes ? 'full' : 'hollow';
  return (
    <g class={`of-${side.toLowerCase()} ${isFaded ? 'faded' : ''}`}>
      <line class="arrow" x1={from} y1={y} x2={to} y2={y} marker-end={`url(#head-${side})`} />
      <text class="strong" x={(near + far) / 2} y={y - 7} text-anchor="middle">
        {writes ? 'writes' : 'reads'} {valueText(step.value, 8)}
      </text>
      {side === 'A' ? (
        <circle class={shape} cx={x} cy={y} r="6" />
      ) : (
        <rect class={shape} x={x - 6} y={y - 6} width="12" height="12" />
      )}
    </g>
  );
}
