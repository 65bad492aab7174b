import type { Issue, Witness } from '../../api/types.ts';
import { lockNames } from '../../model/lock-names.ts';
import { type Side, type Step, siteOf, variablesOf } from '../../model/race/interleaving.ts';
import type { Moment, RaceScene } from '../../model/race/race-scene.ts';
import {
  type LockStretch,
  layOut,
  type Segment,
  type SpaceTimeLayout,
} from '../../model/race/space-time.ts';
import { toldText } from '../../model/value-text.ts';
import { endOf, visible } from '../../model/visible.ts';
import { Card } from '../../ui/page.tsx';
import type { Roots } from './roots.ts';

const width = 560;
const middle = width / 2;
/** Where the services that made the accesses lie, with one variable between them, and with two. */
const lanes = { one: { A: 120, B: 440 }, two: { A: 84, B: 476 } } as const;
const variableWidth = 68;
const edge = variableWidth / 2 + 2;
/** From the middle to each of two variables; further ones are no picture any more. */
const variablesApart = 54;
const variablesMax = 2;
/** How much of a name fits over its lane. */
const nameCharacters = { one: 18, two: 13 } as const;
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
  readonly onChoose: (step: number | null) => void;
  /** The step that is pointed at, here or in the table. */
  readonly pointed: number | null;
  readonly onPoint: (step: number | null) => void;
  readonly isToScale: boolean;
  readonly onScale: (isToScale: boolean) => void;
}) {
  const { issue, witness, steps, roots, scene, chosen, onChoose } = props;
  const { pointed, onPoint, isToScale, onScale } = props;
  const variables = variablesOf(witness, steps).slice(0, variablesMax);
  const size = variables.length === 1 ? 'one' : 'two';
  const laneOf = lanes[size];
  const layout = layOut(steps, isToScale, scene.moments, variables);
  const { missing } = layout;
  const [left, right] = [roomBeside(scene.callers.A), roomBeside(scene.callers.B)];
  return (
    <Card
      title="Space and time"
      hint="thin: calls; dashed: less sure"
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
        <text class="of-a strong" x={12 - left} y="14">
          A · {visible(roots.A, 36)}
        </text>
        <text class="of-b strong" x={width + right - 12} y="14" text-anchor="end">
          B · {visible(roots.B, 36)}
        </text>
        {variables.map((name, lane) => (
          <text
            key={name}
            class="mono strong"
            x={variableAt(size, lane)}
            y="34"
            text-anchor="middle"
          >
            <title>{visible(name)}</title>
            {endOf(visible(name), nameCharacters[size])}
          </text>
        ))}
        {layout.segments.map((segment) => (
          <Stretch
            key={`${segment.lane} ${segment.top}`}
            segment={segment}
            x={variableAt(size, segment.lane)}
          />
        ))}
        {(['A', 'B'] as const).map((side) => (
          <Lifeline
            key={side}
            side={side}
            x={laneOf[side]}
            bottom={layout.height - 10}
            service={witness.events[side === 'A' ? 0 : 1].service}
            span={layout.spans[side]}
            held={layout.held.filter((stretch) => stretch.side === side)}
            locks={lockNames(siteOf(issue, witness, side))}
          />
        ))}
        <Callers scene={scene} layout={layout} laneOf={laneOf} />
        {steps.map((step, place) => (
          <Access
            key={step.source.event_id}
            step={step}
            x={laneOf[step.side]}
            variableX={variableAt(size, Math.max(0, variables.indexOf(step.source.variable)))}
            y={layout.y[place] ?? 0}
            isFaded={chosen !== null && place >= chosen}
            isPointed={pointed === place}
            onPoint={(isOver) => onPoint(isOver ? place : null)}
            onChoose={() => onChoose(chosen === place + 1 ? null : place + 1)}
          />
        ))}
        {scene.moments.map(
          ({ kind, side, what, atUs, listed = [] }, at) =>
            kind === 'others' && (
              <text
                key={`${side} ${atUs}`}
                class="muted"
                x={laneOf[side] + (side === 'A' ? 12 : -12)}
                y={(layout.momentY[at] ?? 0) + 4}
                text-anchor={side === 'A' ? 'start' : 'end'}
              >
                <title>{visible(listed.map(({ name }) => name).join(', '), 500)}</title>+{what}
              </text>
            ),
        )}
        {layout.twice !== null && <Twice twice={layout.twice} x={laneOf[layout.twice.side]} />}
        {missing !== null && (
          <g class="missing">
            <path d={`M${laneOf.A} ${missing.a}V${missing.at}H${laneOf.B}V${missing.b}`} />
            <rect x={middle - 70} y={missing.at - 11} width="140" height="22" rx="11" />
            <text x={middle} y={missing.at + 4} text-anchor="middle">
              nothing orders these
            </text>
          </g>
        )}
      </svg>
    </Card>
  );
}

/** The middle of a variable's lane. */
function variableAt(size: 'one' | 'two', lane: number): number {
  if (size === 'one') return middle;
  return lane === 0 ? middle - variablesApart : middle + variablesApart;
}

/** The two reads that found different values, held together. */
function Twice({ twice, x }: { twice: NonNullable<SpaceTimeLayout['twice']>; x: number }) {
  const { side, from, to } = twice;
  const out = side === 'A' ? -1 : 1;
  return (
    <g class="missing">
      <path d={`M${x + out * 12} ${from}H${x + out * 26}V${to}H${x + out * 12}`} />
      <text x={x + out * 34} y={(from + to) / 2} text-anchor={side === 'A' ? 'end' : 'start'}>
        two values
      </text>
    </g>
  );
}

/** Services that called those of the race: what came in, and what went back. */
function Callers(props: {
  readonly scene: RaceScene;
  readonly layout: SpaceTimeLayout;
  readonly laneOf: Readonly<Record<Side, number>>;
}) {
  const { scene, layout, laneOf } = props;
  const laneAt = (side: Side, lane: number) =>
    laneOf[side] + (side === 'A' ? -lane : lane) * laneGap;
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
                <title>{callText(moment)}</title>
                <circle class="full" cx={from} cy={y - 4} r="2.5" />
                <line
                  class={`call-arrow ${moment.known?.confidence ?? 'unknown'}`}
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

function callText({ kind, what, place, known }: Moment): string {
  const words = `${kind === 'calls' ? 'calls' : 'is answered by'} ${visible(what)} ${visible(place)}`;
  return known === null
    ? `${words}; only their times tell`
    : `${words}; known by ${known.source}, ${known.confidence} confidence`;
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

function Stretch({ segment, x }: { segment: Segment; x: number }) {
  const { top, bottom, value, writer, isLost } = segment;
  const owner = writer === null ? 'nobody' : `by-${writer.toLowerCase()}`;
  return (
    <g class={`stretch ${owner}`}>
      <rect
        x={x - variableWidth / 2}
        y={top}
        width={variableWidth}
        height={Math.max(4, bottom - top)}
        rx="4"
      />
      {value !== null && (
        <text
          class={isLost ? 'mono lost' : 'mono'}
          x={x}
          y={(top + bottom) / 2 + 4}
          text-anchor="middle"
        >
          {visible(value, 8)}
        </text>
      )}
    </g>
  );
}

function Lifeline(props: {
  readonly side: Side;
  readonly x: number;
  readonly bottom: number;
  readonly service: string;
  readonly span: { readonly top: number; readonly bottom: number } | null;
  readonly held: readonly LockStretch[];
  readonly locks: readonly string[];
}) {
  const { side, x, bottom, service, span, held, locks } = props;
  const outside = side === 'A' ? x - 16 : x + 16;
  const half = span === null ? 0 : (span.top + span.bottom) / 2;
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
            y={half}
            text-anchor="middle"
            transform={`rotate(${side === 'A' ? -90 : 90} ${outside} ${half})`}
          >
            {words}
          </text>
        </>
      )}
    </g>
  );
}

function Access(props: {
  readonly step: Step;
  readonly x: number;
  readonly variableX: number;
  readonly y: number;
  readonly isFaded: boolean;
  readonly isPointed: boolean;
  readonly onPoint: (isOver: boolean) => void;
  readonly onChoose: () => void;
}) {
  const { step, x, variableX, y, isFaded, isPointed, onPoint, onChoose } = props;
  const { side, writes } = step;
  const inward = side === 'A' ? 1 : -1;
  const near = x + inward * 9;
  const far = variableX - inward * edge;
  const [from, to] = writes ? [near, far] : [far, near];
  const shape = writes ? 'full' : 'hollow';
  const value = toldText(step.value, 8);
  // The label stays on this side of the first variable.
  const label = near + inward * Math.min(Math.abs(far - near) / 2, 62);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the table beside it has the same by keys.
    <g
      class={`access of-${side.toLowerCase()} ${isFaded ? 'faded' : ''} ${isPointed ? 'pointed' : ''}`}
      onPointerEnter={() => onPoint(true)}
      onPointerLeave={() => onPoint(false)}
      onClick={onChoose}
    >
      <title>{visible(`${step.source.variable} at ${step.source.location}`)}</title>
      <line class="arrow" x1={from} y1={y} x2={to} y2={y} marker-end={`url(#head-${side})`} />
      <text class="strong" x={label} y={y - 7} text-anchor="middle">
        {writes ? 'writes' : 'reads'} {value ?? ''}
      </text>
      {side === 'A' ? (
        <circle class={shape} cx={x} cy={y} r="6" />
      ) : (
        <rect class={shape} x={x - 6} y={y - 6} width="12" height="12" />
      )}
    </g>
  );
}
