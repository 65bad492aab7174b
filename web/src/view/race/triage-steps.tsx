import { useEffect, useState } from 'preact/hooks';
import { useResource } from '../../api/resource.ts';
import type { TriageHistory } from '../../api/types.ts';
import { zone } from '../../app/preferences.ts';
import { stepCause, stepLines } from '../../model/race/triage.ts';
import { Clock } from '../../ui/clock.tsx';
import { Failed, Loading } from '../../ui/states.tsx';

/** How a decision came about, the latest first: folded, and asked for when it is opened. */
export function TriageSteps(props: { readonly fingerprint: string; readonly changedAt: string }) {
  const { fingerprint, changedAt } = props;
  const [isOpen, setOpen] = useState(false);
  const past = useResource<TriageHistory>(
    isOpen ? `api/races/${encodeURIComponent(fingerprint)}/triage` : null,
  );
  useEffect(past.reload, [changedAt]);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>History</summary>
      {isOpen && past.error !== null && <Failed resource={past} />}
      {isOpen && past.error === null && past.data === null && <Loading what="the history" />}
      <ol class="steps-taken">
        {past.data?.history.toReversed().map((step) => (
          <li key={step.at}>
            <p class="muted">
              <Clock time={step.at} /> <bdi>{stepCause(step)}</bdi>
            </p>
            {stepLines(step, zone.value).map((line) => (
              <p key={line} class="written">
                {line}
              </p>
            ))}
          </li>
        ))}
      </ol>
    </details>
  );
}
