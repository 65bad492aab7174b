import type { HistoricAccess, VariableAccesses } from '../../api/types.ts';
import { zone } from '../../app/preferences.ts';
import { choose, search, tracePath } from '../../app/route.ts';
import { counted, exactClock, moment } from '../../model/format.ts';
import { isWrite } from '../../model/race/value-history.ts';
import { toldText } from '../../model/value-text.ts';
import { shortId, shortPlace } from '../../model/words.ts';
import { type Column, Table } from '../../ui/list/table.tsx';
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

const columns: readonly Column<HistoricAccess>[] = [
  {
    name: 'Time',
    isNumber: true,
    class: 'mono',
    text: ({ timestamp }) => timestamp,
    cell: ({ timestamp }) => (
      <span title={moment(timestamp, zone.value)}>
        {exactClock(timestamp, zone.value, Date.now())}
      </span>
    ),
  },
  { name: 'Did', text: didOf, cell: (access) => <Did access={access} /> },
  { name: 'Value', text: valueWords, cell: (access) => <ValueOf access={access} /> },
  {
    name: 'Place',
    class: 'muted',
    text: ({ location }) => location,
    cell: ({ location }) => <Code text={shortPlace(location)} title={location} />,
  },
  {
    name: 'Locks held',
    isNamedBelow: true,
    text: lockText,
    cell: (access) =>
      access.locks.length === 0 ? (
        <span class="muted">none</span>
      ) : (
        <Code text={lockText(access)} />
      ),
  },
  {
    name: 'Request',
    text: ({ trace_id: id }) => id,
    cell: (access) => (
      <a class={sideOf(access)} href={tracePath(access.trace_id, access.event_id)}>
        <Code text={shortId(access.trace_id)} title={access.trace_id} />
      </a>
    ),
  },
  {
    name: 'Thread',
    class: 'muted',
    isNamedBelow: true,
    text: ({ thread }) => thread,
    cell: ({ thread }) => <Code text={thread} />,
  },
  {
    name: 'Follows the one before?',
    class: ({ order }) => (order === 'none' ? 'bad strong' : 'muted'),
    text: ({ order }) => (order === null ? '–' : orderWords[order]),
  },
];

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
      <Table
        label="Accesses"
        columns={columns}
        rows={shown}
        keyOf={(access) => `${access.trace_id} ${access.event_id}`}
      />
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

function sideOf({ races }: HistoricAccess): string {
  return `of-${races[0]?.side?.toLowerCase() ?? 'none'}`;
}

function didOf(access: HistoricAccess): string {
  if (!isWrite(access)) return 'read';
  return access.access_type.includes('RMW') ? 'change' : 'write';
}

function Did({ access }: { access: HistoricAccess }) {
  const shape = `${sideOf(access)} ${isWrite(access) ? 'full' : 'hollow'}`;
  return (
    <>
      <svg class="shape" viewBox="0 0 14 14" aria-hidden="true">
        {access.races[0]?.side === 'B' ? (
          <rect class={shape} x="2" y="2" width="10" height="10" />
        ) : (
          <circle class={shape} cx="7" cy="7" r="5" />
        )}
      </svg>{' '}
      {didOf(access)}
      {access.undone && <span class="muted"> undone</span>}
    </>
  );
}

function lockText({ locks }: HistoricAccess): string {
  return locks.map(({ name, mode }) => (mode === 'read' ? `${name} (read)` : name)).join(', ');
}

function valueWords({
  old_value: before,
  new_value: after,
  is_lost: isLost,
}: HistoricAccess): string {
  const from = toldText(before, 60);
  const words = `${from === null ? '' : `${from} → `}${toldText(after, 60) ?? 'not told'}`;
  return isLost ? `${words} (lost)` : words;
}

function ValueOf({ access }: { access: HistoricAccess }) {
  const after = toldText(access.new_value, 60);
  const before = isWrite(access) ? toldText(access.old_value, 60) : null;
  if (after === null) return <span class="muted">not told</span>;
  return (
    <code>
      {before !== null && <span class="muted">{before} → </span>}
      {access.is_lost ? <s>{after}</s> : after}
    </code>
  );
}
