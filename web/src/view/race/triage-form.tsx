import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { ApiError, ask } from '../../api/client.ts';
import type { Issue } from '../../api/types.ts';
import { zone } from '../../app/preferences.ts';
import {
  changeOf,
  draftOf,
  mayEnd,
  type TriageDraft,
  triageChoices,
  webLink,
} from '../../model/race/triage.ts';

/** Says what is decided about a race. Only what was changed is sent. */
export function TriageForm(props: {
  readonly issue: Issue;
  readonly onSaved: (issue: Issue) => void;
}) {
  const { issue, onSaved } = props;
  // What the page learns meanwhile does not overwrite what somebody types.
  const [before] = useState(() => draftOf(issue, zone.value));
  const [draft, setDraft] = useState(before);
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const find = (what: string) => form.current?.querySelector<HTMLElement>(what);
    (find('input:checked') ?? find('input'))?.focus();
  }, []);
  const isRuled = issue.ignored_by_rule !== null;
  const set = (member: Partial<TriageDraft>) => setDraft((now) => ({ ...now, ...member }));

  const submit = async (event: Event) => {
    event.preventDefault();
    if (isBusy) return;
    if (draft.link.trim() !== '' && webLink(draft.link.trim()) === null) {
      setFault('A link begins with https:// or http://');
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      const path = `api/races/${encodeURIComponent(issue.fingerprint)}`;
      const body = changeOf(before, draft, zone.value);
      onSaved(await ask<Issue>(path, { method: 'PATCH', body }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(error.message);
      setBusy(false);
    }
  };

  return (
    <form class="triage-form" ref={form} aria-label="Change what was decided" onSubmit={submit}>
      {isRuled ? (
        <p class="muted">A rule of the configuration ignores it: its state is not changed here.</p>
      ) : (
        <fieldset>
          <legend>State</legend>
          {triageChoices.map(({ state, name, says }) => (
            <label key={state}>
              <input
                type="radio"
                name="triage-state"
                checked={draft.state === state}
                onChange={() => set({ state })}
              />
              <span>
                {name} <span class="muted">{says}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {!isRuled && mayEnd(draft.state) && (
        <Field
          name="Until"
          hint={zone.value === 'utc' ? 'in UTC' : 'in your time'}
          isTime
          value={draft.until}
          onType={(until) => set({ until })}
        />
      )}
      {!isRuled && draft.state === 'ignored' && (
        <Field
          name="Why it is a false alarm"
          hint="if it is no race at all"
          rows={2}
          value={draft.falseAlarm}
          onType={(falseAlarm) => set({ falseAlarm })}
        />
      )}
      <Field
        name="Assignee"
        hint="a name, an address, a team"
        value={draft.assignee}
        onType={(assignee) => set({ assignee })}
      />
      <Field
        name="Link"
        hint="a ticket or a pull request, https:// or http://"
        value={draft.link}
        onType={(link) => set({ link })}
      />
      <Field
        name="Note"
        hint="for whoever comes next"
        rows={4}
        value={draft.note}
        onType={(note) => set({ note })}
      />
      <label class="triage-pin">
        <input
          type="checkbox"
          checked={draft.isPinned}
          onChange={({ currentTarget }) => set({ isPinned: currentTarget.checked })}
        />
        <span>
          Keep its witnesses <span class="muted">their traces stay, whatever their age</span>
        </span>
      </label>
      <p class="bad" role="alert">
        {fault !== null && <>▲ {fault}</>}
      </p>
      <p>
        <button type="submit" class="main" disabled={isBusy}>
          {isBusy ? 'Saving…' : 'Save'}
        </button>
      </p>
    </form>
  );
}

/** A field with its name: a time, one line, or `rows` of them. */
function Field(props: {
  readonly name: string;
  readonly hint: string;
  readonly value: string;
  readonly onType: (value: string) => void;
  readonly isTime?: boolean;
  readonly rows?: number;
}) {
  const { name, hint, value, onType, isTime = false, rows } = props;
  const id = useId();
  const field = {
    id,
    value,
    onInput: ({ currentTarget }: { currentTarget: { value: string } }) =>
      onType(currentTarget.value),
  };
  return (
    <div class="triage-field">
      <label for={id}>
        {name} <span class="muted">{hint}</span>
      </label>
      {isTime && <input type="datetime-local" {...field} />}
      {!isTime && rows === undefined && <input {...field} />}
      {rows !== undefined && <textarea rows={rows} {...field} />}
    </div>
  );
}
