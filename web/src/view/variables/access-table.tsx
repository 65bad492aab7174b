import type { HistoricAccess, VariableAccesses } from '../../api/types.ts';
import { zone } from '../../app/preferences.ts';
import { choose, search, tracePath } from '../../app/route.ts';
import { counted, exactClock, moment } from '../../model/format.ts';
import { isWrite } from '../../model/race/value-history.ts';
import { valueText } from '../../model/value-text.ts';
import { shortId, shortPlace } from '../../model/words.ts';
import { Code } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Tabs } from '../../ui/tabs.tsx';

const kinds = [
  ['all', 'All'],
  ['writes', 'Writes'],
  ['race', 'In a race'],
] as const;

const orderWords: Readonly<Record<NonNullable<HistoricAccess['order']>, string>> = {
  same_trace: 'yes, same request',
  same_group: 'yes, requests that call each other',
  lock: 'yes, one lock',
  apart: 'yes, later',
  none: 'nothing orders them',
};

/** Accesses as rows: who, where, under which locks, and what orders them. */
export function AccessTable({ found, isRaced }: { found: VariableAccesses; isRaced: boolean }) {
  const kind = kinds.find(([name]) => name === search.value.get('show'))?.[0] ?? 'all';
  const shown = found.accesses.filter(
    (access) => kind === 'all' || (kind === 'writes' ? isWrite(access) : access.races.length > 0),
  );
  const cursor = search.value.get('cursor');
  return (
    <Card
      title="Accesses"
      hint={`${counted(shown.length, 'access', 'accesses')}${found.complete ? '' : '; of some requests the first ones'}`}
      tools={
        <Tabs
          label="Which accesses"
          name="show"
          chosen={kind}
          tabs={kinds}
          onChoose={(show) => choose({ show: show === 'all' ? null : show })}
        />
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="scroll" tabIndex={0} aria-label="Accesses">
        <table class="list">
          <thead>
            <tr>
              <th scope="col" class="number">
                Time
              </th>
              <th scope="col">Did</th>
              <th scope="col">Value</th>
              <th scope="col">Place</th>
              <th scope="col">Locks held</th>
              <th scope="col">Request</th>
              <th scope="col">Thread</th>
              <th scope="col">Follows the one before?</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((access) => (
              <AccessRow key={`${access.trace_id} ${access.event_id}`} access={access} />
            ))}
          </tbody>
        </table>
      </section>
      {!isRaced && (cursor !== null || found.next_cursor !== null) && (
        <nav class="pager" aria-label="More accesses">
          <button type="button" disabled={cursor === null} onClick={() => choose({ cursor: null })}>
            Latest
          </button>
          <button
            type="button"
            disabled={found.next_cursor === null}
            onClick={() => choose({ cursor: found.next_cursor })}
          >
            Earlier
          </button>
        </nav>
      )}
    </Card>
  );
}

function AccessRow({ access }: { access: HistoricAccess }) {
  const writes = isWrite(access);
  const side = access.races[0]?.side ?? null;
  const shape = `${side === null ? 'of-none' : `of-${side.toLowerCase()}`} ${writes ? 'full' : 'hollow'}`;
  return (
    <tr>
      <td class="number mono" title={moment(access.timestamp, zone.value)}>
        {exactClock(access.timestamp, zone.value, Date.now())}
      </td>
      <td>
        <svg class="shape" viewBox="0 0 14 14" aria-hidden="true">
          {side === 'B' ? (
            <rect class={shape} x="2" y="2" width="10" height="10" />
          ) : (
            <circle class={shape} cx="7" cy="7" r="5" />
          )}
        </svg>{' '}
        {writes ? (access.access_type.includes('RMW') ? 'change' : 'write') : 'read'}
        {access.undone && <span class="muted"> undone</span>}
      </td>
      <td>
        <ValueOf access={access} />
      </td>
      <td class="muted">
        <Code text={shortPlace(access.location)} title={access.location} />
      </td>
      <td data-label="Locks held">
        {access.locks.length === 0 ? (
          <span class="muted">none</span>
        ) : (
          <Code
            text={access.locks
              .map(({ name, mode }) => (mode === 'read' ? `${name} (read)` : name))
              .join(', ')}
          />
        )}
      </td>
      <td>
        <a
          class={side === null ? '' : `of-${side.toLowerCase()}`}
          href={tracePath(access.trace_id)}
        >
          <Code text={shortId(access.trace_id)} title={access.trace_id} />
        </a>
      </td>
      <td class="muted" data-label="Thread">
        <Code text={access.thread} />
      </td>
      <td class={access.order === 'none' ? 'bad strong' : 'muted'}>
        {access.order === null ? '–' : orderWords[access.order]}
      </td>
    </tr>
  );
}

function ValueOf({ access }: { access: HistoricAccess }) {
  const after = valueText(access.new_value, 60);
  if (!isWrite(access) || access.old_value === null) {
    return <code>{access.is_lost ? <s>{after}</s> : after}</code>;
  }
  return (
    <code>
      <span class="muted">{valueText(access.old_value, 60)} →</span>{' '}
      {access.is_lost ? <s>{after}</s> : after}
    </code>
  );
}
