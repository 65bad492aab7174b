import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Issue } from '../../api/types.ts';
import { tracePath } from '../../app/route.ts';
import { session } from '../../app/session.ts';
import { counted, mebibytes } from '../../model/format.ts';
import { noteText, stateName, webLink } from '../../model/race/triage.ts';
import { visible } from '../../model/visible.ts';
import { releaseText, shortId } from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { TriageForm } from './triage-form.tsx';
import { TriageSteps } from './triage-steps.tsx';

/** What was decided about a race, by whom, and how that is changed. */
export function TriageCard(props: { readonly issue: Issue; readonly onSaved: () => void }) {
  const { issue, onSaved } = props;
  const [isChanging, setChanging] = useState(false);
  const [saved, setSaved] = useState<Issue | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const wasChanging = useRef(false);
  useEffect(() => {
    // Who leaves the form goes on where it was opened.
    if (wasChanging.current && !isChanging) opener.current?.focus();
    wasChanging.current = isChanging;
  }, [isChanging]);
  const mayTriage = session.value?.scopes.includes('triage') === true;
  const shown = laterOf(issue, saved);
  return (
    <Card
      class="triage"
      title="What was decided"
      hint={<Author issue={shown} />}
      tools={
        mayTriage ? (
          <button
            ref={opener}
            type="button"
            aria-expanded={isChanging}
            onClick={() => setChanging(!isChanging)}
          >
            {isChanging ? 'Leave as it is' : 'Change'}
          </button>
        ) : undefined
      }
    >
      {shown.triage?.regressed_at && (
        <p class="bad strong">
          ▲ It came back: seen again <Clock time={shown.triage.regressed_at} />
          {shown.triage.regressed_release.length > 0 && (
            <>
              {' '}
              in <Name text={releaseText(shown.triage.regressed_release)} />
            </>
          )}{' '}
          after it had been resolved.
        </p>
      )}
      <Facts issue={shown} />
      {!mayTriage && (
        <p class="muted">
          Your key has no scope <code>triage</code>: whoever has one can change this here, or with{' '}
          <code>raceway triage {shown.fingerprint}</code>.
        </p>
      )}
      {isChanging && mayTriage && (
        <TriageForm
          issue={shown}
          onSaved={(changed) => {
            setSaved(changed);
            setChanging(false);
            onSaved();
          }}
        />
      )}
      <p class="hidden" role="status">
        {saved !== null && !isChanging && 'Saved.'}
      </p>
      {shown.triage !== null && (
        <TriageSteps fingerprint={shown.fingerprint} changedAt={shown.triage.changed_at} />
      )}
    </Card>
  );
}

/** What was saved is known before the page has asked again. */
function laterOf(issue: Issue, saved: Issue | null): Issue {
  const [asked, own] = [issue.triage?.changed_at ?? '', saved?.triage?.changed_at ?? ''];
  return saved !== null && own > asked ? saved : issue;
}

function Author({ issue: { triage } }: { issue: Issue }) {
  if (triage === null) return <>nothing yet</>;
  const { changed_by: by, changed_at: at } = triage;
  return (
    <>
      by {by === null ? 'the server, or somebody without a key' : <Name text={by} />},{' '}
      <Clock time={at} />
    </>
  );
}

function Facts({ issue }: { issue: Issue }) {
  const { state, owner, triage, ignored_by_rule: rule } = issue;
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <span class="chip">{stateName(state)}</span>
      </dd>
      {rule !== null && (
        <Fact name="By a rule">
          <span class="written">{noteText(rule)}</span>
        </Fact>
      )}
      {triage?.until && (
        <Fact name="Until">
          <Clock time={triage.until} />, then it is open again
        </Fact>
      )}
      {triage?.false_alarm && (
        <Fact name="False alarm">
          <span class="written">{noteText(triage.false_alarm)}</span>
        </Fact>
      )}
      <Fact name="Looks after it">
        {owner === null ? (
          <span class="muted">nobody</span>
        ) : (
          <>
            <Name text={owner} />
            {triage?.assignee !== owner && <span class="muted"> as the configuration says</span>}
          </>
        )}
      </Fact>
      {triage?.link && (
        <Fact name="Link">
          <WebLink text={triage.link} />
        </Fact>
      )}
      {triage?.note && (
        <Fact name="Note">
          <span class="written">{noteText(triage.note)}</span>
        </Fact>
      )}
      {triage?.pin && (
        <Fact name="Pinned">
          <Pinned pin={triage.pin} />
        </Fact>
      )}
    </dl>
  );
}

/** The traces that are kept for it. */
function Pinned({ pin }: { pin: NonNullable<NonNullable<Issue['triage']>['pin']> }) {
  return (
    <>
      {mebibytes(pin.bytes)} MiB whatever their age:{' '}
      {pin.traces.map((traceId, place) => (
        <>
          {place > 0 && ', '}
          <a key={traceId} href={tracePath(traceId)}>
            <Code text={shortId(traceId)} title={traceId} />
          </a>
        </>
      ))}
      {pin.left_out > 0 && (
        <span class="muted">; no room for {counted(pin.left_out, 'trace')} more</span>
      )}
    </>
  );
}

function Fact(props: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}

/** A way to a page of the web; what is none stays text. */
function WebLink({ text }: { text: string }) {
  const link = webLink(text);
  if (link === null) return <Code text={text} />;
  return (
    <a href={link} rel="noopener noreferrer" target="_blank">
      {visible(link)} <span aria-hidden="true">↗</span>
    </a>
  );
}
