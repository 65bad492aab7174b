import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { Issue, Witness, WitnessView } from '../../api/types.ts';
import { tracePath } from '../../app/route.ts';
import { offset } from '../../model/format.ts';
import { lockNames } from '../../model/lock-names.ts';
import { clockNote } from '../../model/race/clock-note.ts';
import {
  interleavingText,
  isUntold,
  type SerialOutcomes,
  type Side,
  type Step,
  siteOf,
  variablesOf,
} from '../../model/race/interleaving.ts';
import {
  type Moment,
  type RaceScene,
  type SceneLine,
  sceneLines,
} from '../../model/race/race-scene.ts';
import { endOf, visible } from '../../model/visible.ts';
import { patternTitle, shortId } from '../../model/words.ts';
import { Code, Value } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Place } from '../../ui/place.tsx';

/** How much of a variable's name fits into a column. */
const nameCharacters = 17;

/** What ran, in the order it ran: a column for each request. */
export function Interleaving(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly steps: readonly Step[];
  readonly scene: RaceScene;
  readonly outcomes: SerialOutcomes | null;
  readonly view: Pick<WitnessView, 'clocks' | 'skew_us'>;
  /** Number of the step up to which it is looked at; null: all. */
  readonly chosen: number | null;
  readonly onChoose: (step: number | null) => void;
  /** The step that is pointed at, here or in the diagram. */
  readonly pointed: number | null;
  readonly onPoint: (step: number | null) => void;
}) {
  const { issue, witness, steps, scene, outcomes, view, chosen, onChoose, pointed, onPoint } =
    props;
  const isUnknown = isUntold(steps);
  const areMany = variablesOf(witness, steps).length > 1;
  const [a, b] = witness.events;
  const locks = scene.moments.filter(({ kind }) => kind === 'takes' || kind === 'releases');
  const lines = sceneLines(
    steps,
    scene.moments.filter(({ lane }) => lane === 0),
  );
  const isHeld = (side: Side, at: number) =>
    locks.some((lock) => lock.side === side)
      ? heldAfter(lines, side, at)
      : lockNames(siteOf(issue, witness, side)).length > 0;
  return (
    <Card
      title="Interleaving"
      hint="what ran, in the order it ran"
      tools={<CopyText issue={issue} witness={witness} steps={steps} locks={locks} />}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="scroll" tabIndex={0} aria-label="Interleaving">
        <table class="interleaving">
          <thead>
            <tr>
              <th scope="col" class="number">
                Time
              </th>
              <SideHead side="A" trace={a.trace_id} />
              <SideHead side="B" trace={b.trace_id} />
              {!isUnknown && (
                <th scope="col" class="number">
                  Stored value
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {lines.map((line, at) => {
              const held = { A: isHeld('A', at), B: isHeld('B', at) };
              if (line.step === null) {
                const stored = lines.slice(0, at).findLast(({ step }) => step?.stored)
                  ?.step?.stored;
                return (
                  <LockRow
                    key={`lock ${at}`}
                    moment={line.moment}
                    held={held}
                    stored={isUnknown || areMany ? null : (stored ?? '')}
                    isWide={!isUnknown}
                  />
                );
              }
              const { step, place } = line;
              return (
                <tr
                  key={step.source.event_id}
                  class={`${chosen !== null && place >= chosen ? 'faded' : ''} ${pointed === place ? 'pointed' : ''}`}
                  onPointerEnter={() => onPoint(place)}
                  onPointerLeave={() => onPoint(null)}
                  aria-current={chosen === place + 1 ? 'step' : undefined}
                  onClick={() => onChoose(chosen === place + 1 ? null : place + 1)}
                >
                  <td class="number muted">{offset(step.atUs)}</td>
                  <StepCell step={step} side="A" isHeld={held.A} isNamed={areMany} />
                  <StepCell step={step} side="B" isHeld={held.B} isNamed={areMany} />
                  {!isUnknown && (
                    <td class="number">
                      <StoredAfter step={step} />
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {outcomes !== null && <Outcomes outcomes={outcomes} />}
      <p class="foot muted">
        {isUnknown && 'What was read and written was not told, only that it was. '}
        {locks.length > 0 && 'A bar at the left of a column: a lock is held. '}
        {visible(clockNote(view, a.service), 500)}
      </p>
    </Card>
  );
}

function SideHead({ side, trace }: { side: Side; trace: string }) {
  return (
    <th scope="col">
      <span class={`letter of-${side.toLowerCase()}`}>{side}</span>{' '}
      <a href={tracePath(trace)}>
        <Code text={shortId(trace)} title={trace} />
      </a>
    </th>
  );
}

/** What the variable holds after a step, and what it does not hold any more. */
function StoredAfter({ step }: { step: Step }) {
  const { stored, writes, side, isOverwriting, lost, isTakenBack } = step;
  const other = side === 'A' ? 'B' : 'A';
  return (
    <>
      {stored === null ? (
        <span class="muted">not told</span>
      ) : (
        <code class={writes ? 'strong' : 'muted'}>{isTakenBack ? <s>{stored}</s> : stored}</code>
      )}
      {isOverwriting && (
        <div class="bad">
          {lost === null ? (
            `what ${other} wrote is gone`
          ) : (
            <>
              {other}’s <s>{lost}</s> is gone
            </>
          )}
        </div>
      )}
      {isTakenBack && <div class="bad">taken back later</div>}
    </>
  );
}

function StepCell(props: {
  readonly step: Step;
  readonly side: Side;
  readonly isHeld: boolean;
  /** There are several variables: say which. */
  readonly isNamed: boolean;
}) {
  const { step, side, isHeld, isNamed } = props;
  const bar = isHeld ? ' locked' : '';
  if (step.side !== side) return <td class={bar} />;
  return (
    <td class={`did of-${side.toLowerCase()}${bar}`}>
      <b>{step.writes ? 'writes' : 'reads'}</b>{' '}
      {step.value !== null && <Value value={step.value} />}{' '}
      {step.change !== null && <span class="muted">{step.change}</span>}
      {isNamed && (
        <div>
          <Code text={endOf(step.source.variable, nameCharacters)} title={step.source.variable} />
        </div>
      )}
      <div class="muted">
        <Place place={step.source.location} operation={step.source.operation} isShort />
      </div>
    </td>
  );
}

/** Whether a side holds a lock on a line: from where it takes one to where it gives the last back. */
function heldAfter(lines: readonly SceneLine[], side: Side, at: number): boolean {
  const own = lines.slice(0, at + 1).filter(({ moment }) => moment?.side === side);
  const takes = own.filter(({ moment }) => moment?.kind === 'takes').length;
  const releases = own.filter(({ moment }) => moment?.kind === 'releases').length;
  const isReleasing = lines[at]?.moment?.kind === 'releases' && lines[at]?.moment?.side === side;
  return takes > releases || isReleasing;
}

/** A lock that is taken or given back, or what else ran. */
function LockRow(props: {
  readonly moment: Moment;
  readonly held: Readonly<Record<Side, boolean>>;
  /** Null: that is not said here. */
  readonly stored: string | null;
  readonly isWide: boolean;
}) {
  const { moment, held, stored, isWide } = props;
  const words =
    moment.kind === 'others' ? (
      <OtherSteps moment={moment} />
    ) : (
      <>
        {moment.kind} lock <Code text={moment.what} title={moment.place} />
      </>
    );
  return (
    <tr class="lock-row">
      <td class="number muted">{offset(moment.atUs)}</td>
      {(['A', 'B'] as const).map((side) => (
        <td key={side} class={`muted ${held[side] ? 'locked' : ''}`}>
          {moment.side === side && words}
        </td>
      ))}
      {isWide && (
        <td class="number">
          <code class="muted">{stored}</code>
        </td>
      )}
    </tr>
  );
}

/** What a side did that has nothing to do with the race, folded. */
function OtherSteps({ moment: { what, listed = [] } }: { moment: Moment }) {
  const more = Number(what) - listed.length;
  return (
    <details>
      <summary>
        +{what} other {what === '1' ? 'step' : 'steps'}
      </summary>
      <ul>
        {listed.map(({ name, place }, at) => (
          <li key={at}>
            <Code text={name} /> <Place place={place} operation={null} isShort />
          </li>
        ))}
        {more > 0 && <li>{more} more, which the trace shows</li>}
      </ul>
    </details>
  );
}

function Outcomes({ outcomes: serial }: { outcomes: SerialOutcomes }) {
  const { base, changes, outcomes, happened } = serial;
  const isLost = outcomes.every(({ value }) => value !== happened);
  return (
    <dl class="outcomes">
      {outcomes.map(({ order: [first, second], value }) => (
        <Fragment key={first}>
          <dt>
            {first}, then {second}
          </dt>
          <dd class="muted">
            {base} {changes[first]} {changes[second]}
          </dd>
          <dd class="number">
            <code>{value}</code>
          </dd>
        </Fragment>
      ))}
      <dt>
        <b>What happened</b>
      </dt>
      <dd class="muted">{isLost ? 'neither order explains it' : 'as one after the other'}</dd>
      <dd class="number">
        <code class={isLost ? 'bad strong' : 'strong'}>{happened}</code>
      </dd>
    </dl>
  );
}

function CopyText(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly steps: readonly Step[];
  readonly locks: readonly Moment[];
}) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    const { issue, witness, steps, locks } = props;
    const title = `${patternTitle(issue.pattern)} ${witness.variable} · ${issue.evidence}`;
    const text = interleavingText(title, steps, `${witness.explanation}\n${location.href}`, locks);
    void navigator.clipboard?.writeText(text).then(() => setCopied(true));
  };
  return (
    <button type="button" class="plain" onClick={copy}>
      {isCopied ? 'Copied' : 'Copy as text'}
    </button>
  );
}
