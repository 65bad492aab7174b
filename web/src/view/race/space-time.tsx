import type { Issue, Witness } from '../../api/types.ts';
import { lockNames, type Side, type Step, siteOf } from '../../model/race/interleaving.ts';
import type { RaceScene } from '../../model/race/race-scene.ts';
import {
  type LockStretch,
  layOut,
  type Segment,
  type SpaceTimeLayout,
} from '../../model/race/space-time.ts';
import { valueText } from '../../model/value-text.ts';
import { visible } from '../../model/visible.ts';
import { Card } from '../../ui/page.tsx';
import type { Roots } from './use-roots.ts';

const width = 560;
const laneOf = { A: 120, B: 440 } as const;
const variableAt = 280;
const variableWidth = 68;
const edge = variableWidth / 2 + 2;
/** Between a service and the one that called it. */
const laneGap = 62;

/** The two requests as lines, with the variable between them; time goes down. */
export function SpaceTime(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly steps: readonly Step[];
  readonly roots: Roots;
  readonly scene: RaceScene;
  readonly chosen: number | null;
  readonly isToScale: boolean;
  readonly onScale: (isToScale: boolean) => void;
}) {
  const { issue, witness, steps, roots, scene, chosen, isToScale, onScale } = props;
  const layout = layOut(steps, isToScale, scene.moments);
  const { missing } = layout;
  const [left, right] = [roomBeside(scene.callers.A), roomBeside(scene.callers.B)];
  return (
    <Card
      title="Space and time"
      hint="thin arrows are calls"
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
        viewBox={`${-left} 0 ${width + left + right} ${layout.height}`}
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
            held={layout.held.filter((stretch) => stretch.side === side)}
            locks={lockNames(siteOf(issue, witness, side))}
          />
        ))}
        <Callers scene={scene} layout={layout} />
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

/** Services that called those of the race: what came in, and what went back. */
function Callers({ scene, layout }: { scene: RaceScene; layout: SpaceTimeLayout }) {
  return (
    <>
      {(['A', 'B'] as const).map((side) => (
        <g key={side} class={`of-${side.toLowerCase()} callers`}>
          {scene.callers[side].map((service, place) => {
            const x = laneAt(side, place + 1);
            const own = scene.moments.flatMap((moment, at) =>
              moment.side === side && moment.lane === place + 1 ? [layout.momentY[at] ?? 0] : [],
            );
            return (
              <g key={`${service} ${place}`}>
                <text class="muted" x={x} y="38" text-anchor="middle">
                  {visible(service, 9)}
                </text>
                <line class="life" x1={x} y1={46} x2={x} y2={Math.max(...own, 46) + 12} />
              </g>
            );
          })}
          {scene.moments.map((moment, at) => {
            if (moment.side !== side || moment.lane === 0) return null;
            const [outer, inner] = [laneAt(side, moment.lane), laneAt(side, moment.lane - 1)];
            const [from, to] = moment.kind === 'calls' ? [outer, inner] : [inner, outer];
            const y = layout.momentY[at] ?? 0;
            return (
              <g key={`${moment.kind} ${moment.lane}`}>
                <title>{`${moment.kind === 'calls' ? 'calls' : 'is answered by'} ${visible(moment.what)} ${visible(moment.place)}`}</title>
                <circle class="full" cx={from} cy={y - 4} r="2.5" />
                <line
                  class="call-arrow"
                  x1={from}
                  y1={y - 4}
                  x2={to + Math.sign(from - to) * 3}
                  y2={y + 4}
                  marker-end={`url(#head-${side})`}
                />
              </g>
            );
          })}
        </g>
      ))}
    </>
  );
}

/** The line of a service: 0 is the one that made the accesses, the others lie further outside. */
function laneAt(side: Side, lane: number): number {
  return side === 'A' ? laneOf.A - lane * laneGap : laneOf.B + lane * laneGap;
}

/** Half of a name is as wide as a lane, and the first lanes have room already. */
function roomBeside(callers: readonly string[]): number {
  return Math.max(0, callers.length * laneGap - 80);
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
  readonly held: readonly LockStretch[];
  readonly locks: readonly string[];
}) {
  const { side, bottom, service, span, held, locks } = props;
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
      {held.map((stretch) => (
        <rect
          key={`${stretch.lock} ${stretch.top}`}
          class="lock"
          x={x - 4}
          y={stretch.top}
          width="8"
          height={Math.max(4, stretch.bottom - stretch.top)}
          rx="4"
        >
          <title>{`holds ${visible(stretch.lock)}`}</title>
        </rect>
      ))}
      {span !== null && (
        <>
          <rect
            class={held.length > 0 ? 'none' : locks.length === 0 ? 'bare' : 'lock'}
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
