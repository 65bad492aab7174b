import { useState } from 'preact/hooks';
import type { Issue, Witness } from '../../api/types.ts';
import { tracePath } from '../../app/route.ts';
import { offset } from '../../model/format.ts';
import {
  interleavingText,
  lockNames,
  type SerialOutcomes,
  type Side,
  type Step,
  serialOutcomes,
  siteOf,
} from '../../model/interleaving.ts';
import { visible } from '../../model/visible.ts';
import { patternTitle, shortId, shortPlace } from '../../model/words.ts';
import { Code, Value } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';

/** What ran, in the order it ran: a column for each request. */
export function Interleaving(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly steps: readonly Step[];
  /** Number of the step up to which it is looked at; null: all. */
  readonly chosen: number | null;
  readonly onChoose: (step: number | null) => void;
}) {
  const { issue, witness, steps, chosen, onChoose } = props;
  const [a, b] = witness.events;
  const outcomes = serialOutcomes(issue, steps);
  return (
    <Card
      title="Interleaving"
      hint="what ran, in the order it ran"
      tools={<CopyText issue={issue} witness={witness} steps={steps} />}
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
              <th scope="col" class="number">
                Stored value
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step, place) => (
              <tr
                key={step.source.event_id}
                class={chosen !== null && place >= chosen ? 'faded' : ''}
                aria-current={chosen === place + 1 ? 'step' : undefined}
                onClick={() => onChoose(chosen === place + 1 ? null : place + 1)}
              >
                <td class="number muted">{offset(step.atUs)}</td>
                <StepCell step={step} side="A" locks={lockNames(siteOf(issue, witness, 'A'))} />
                <StepCell step={step} side="B" locks={lockNames(siteOf(issue, witness, 'B'))} />
                <td class="number">
                  <code class={step.writes ? 'strong' : 'muted'}>{step.stored}</code>
                  {step.lost !== null && (
                    <div class="bad">
                      {step.side === 'A' ? 'B' : 'A'}’s <s>{step.lost}</s> is gone
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {outcomes !== null && <Outcomes outcomes={outcomes} />}
      <p class="foot muted">{visible(clockNote(a.service, b.service, witness), 500)}</p>
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

function StepCell(props: {
  readonly step: Step;
  readonly side: Side;
  readonly locks: readonly string[];
}) {
  const { step, side, locks } = props;
  const bar = locks.length > 0 ? ' locked' : '';
  if (step.side !== side) return <td class={bar} />;
  return (
    <td class={`did of-${side.toLowerCase()}${bar}`}>
      <b>{step.writes ? 'writes' : 'reads'}</b> <Value value={step.value} />{' '}
      {step.change !== null && <span class="muted">{step.change}</span>}
      <div class="muted">
        <Code text={shortPlace(step.source.location)} title={step.source.location} />
      </div>
    </td>
  );
}

function Outcomes({ outcomes }: { outcomes: SerialOutcomes }) {
  const { base, changeOfA, changeOfB, either, happened } = outcomes;
  const isLost = either !== happened;
  return (
    <dl class="outcomes">
      <dt>A, then B</dt>
      <dd class="muted">
        {base} {changeOfA} {changeOfB}
      </dd>
      <dd class="number">
        <code>{either}</code>
      </dd>
      <dt>B, then A</dt>
      <dd class="muted">
        {base} {changeOfB} {changeOfA}
      </dd>
      <dd class="number">
        <code>{either}</code>
      </dd>
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

function clockNote(serviceOfA: string, serviceOfB: string, witness: Witness): string {
  const isLocked = witness.steps.length > 0;
  const bar = isLocked ? 'A bar at the left of a column: a lock is held. ' : '';
  if (serviceOfA === serviceOfB)
    return `${bar}Times are those that ${serviceOfA || 'the service'} told.`;
  return `${bar}Times are of two services, whose clocks may differ; what came before what does not rest on them alone.`;
}

function CopyText(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly steps: readonly Step[];
}) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    const { issue, witness, steps } = props;
    const title = `${patternTitle(issue.pattern)} ${witness.variable} · ${issue.evidence}`;
    const text = interleavingText(title, steps, `${witness.explanation}\n${location.href}`);
    void navigator.clipboard?.writeText(text).then(() => setCopied(true));
  };
  return (
    <button type="button" class="plain" onClick={copy}>
      {isCopied ? 'Copied' : 'Copy as text'}
    </button>
  );
}
