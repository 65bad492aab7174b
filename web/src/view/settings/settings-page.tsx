import { useResource } from '../../api/resource.ts';
import type { Status } from '../../api/types.ts';
import { session, signOut } from '../../app/session.ts';
import { count, counted, duration, mebibytes } from '../../model/format.ts';
import { Clock } from '../../ui/clock.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code } from '../../ui/name.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Failed, Loading, Outdated } from '../../ui/states.tsx';
import { BrowserCard } from './browser-card.tsx';

const refreshMs = 10_000;

/** How the pages look here, and how the server is. */
export function SettingsPage() {
  const status = useResource<Status>('api/status', () => refreshMs);
  return (
    <Page title="Settings">
      <div class="halves">
        <BrowserCard />
        <WhoCard />
      </div>
      <Outdated resource={status} />
      {status.data === null && status.error === null && <Loading what="the state of the server" />}
      {status.data === null && <Failed resource={status} />}
      {status.data !== null && <ServerCards status={status.data} />}
    </Page>
  );
}

function WhoCard() {
  const who = session.value;
  if (who === null) return null;
  return (
    <Card title="You">
      <dl class="facts">
        <dt>Let in by</dt>
        <dd>
          {who.auth === 'open' && 'nothing: this server asks nobody for a key'}
          {who.auth === 'session' && <>a session of the key {who.name}</>}
          {who.auth === 'proxy' && <>a proxy, as {who.name}</>}
        </dd>
        <dt>May</dt>
        <dd>{who.scopes.join(', ')}</dd>
        {who.expires_at !== null && (
          <>
            <dt>Until</dt>
            <dd>
              <Clock time={who.expires_at} />
            </dd>
          </>
        )}
      </dl>
      {who.auth === 'session' && (
        <p>
          <button type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        </p>
      )}
    </Card>
  );
}

function ServerCards({ status }: { status: Status }) {
  const { storage, retention, analysis, queue } = status;
  const room = storage.bytes === null ? 'not told' : `${mebibytes(storage.bytes)} MiB`;
  const roomMax = storage.bytes_max === null ? '' : ` of ${mebibytes(storage.bytes_max)} MiB`;
  return (
    <>
      <div class="halves">
        <Card title="Server">
          <dl class="facts">
            <dt>Version</dt>
            <dd>{status.version}</dd>
            <dt>Running for</dt>
            <dd>{duration(status.uptime_seconds * 1e6)}</dd>
            <dt>Stored</dt>
            <dd>
              {counted(status.traces_active, 'trace')}, {counted(status.events_captured, 'event')}
            </dd>
            <dt>Waits to be stored</dt>
            <dd>
              {count(queue.events)} of {counted(queue.capacity_events, 'event')}
            </dd>
            <dt>Waits for analysis</dt>
            <dd>{counted(analysis.waiting_traces, 'trace')}</dd>
            <dt>You come from</dt>
            <dd>
              <Code text={status.client_address} />
            </dd>
          </dl>
        </Card>
        <Card title="Storage">
          <dl class="facts">
            <dt>Kind</dt>
            <dd>
              {storage.backend === 'memory' ? 'Memory: gone when the server ends' : 'Postgres'}
            </dd>
            <dt>Uses</dt>
            <dd>
              {room}
              {roomMax}
            </dd>
            <dt>Given up for room</dt>
            <dd>{counted(storage.evicted_traces, 'trace')}</dd>
            {storage.pinned_traces > 0 && (
              <>
                <dt>Pinned</dt>
                <dd>{counted(storage.pinned_traces, 'trace')}</dd>
              </>
            )}
            <dt>Kept for</dt>
            <dd>{retention.days === null ? 'ever' : counted(retention.days, 'day')}</dd>
            {retention.fault !== null && (
              <>
                <dt>Retention</dt>
                <dd class="bad">{retention.fault}</dd>
              </>
            )}
          </dl>
        </Card>
      </div>
      {status.keys.length > 0 && <KeysCard keys={status.keys} />}
    </>
  );
}

const keyColumns: readonly Column<Status['keys'][number]>[] = [
  { name: 'Name', class: 'what', text: ({ name }) => name },
  { name: 'May', text: ({ scopes }) => scopes.join(', ') },
  {
    name: 'Last used',
    isNamedBelow: true,
    text: (key) => key.last_used_at ?? '',
    cell: (key) => <Clock time={key.last_used_at} />,
  },
  {
    name: 'Ends',
    isNamedBelow: true,
    text: (key) => key.expires_at ?? 'never',
    cell: (key) => (key.expires_at === null ? 'never' : <Clock time={key.expires_at} />),
  },
  { name: 'To know', text: ({ warnings }) => warnings.join('; ') },
];

function KeysCard({ keys }: { keys: Status['keys'] }) {
  return (
    <Card title="Keys" hint="by name; the keys themselves are not known here">
      <Table label="Keys" isWhole columns={keyColumns} rows={keys} keyOf={({ id }) => id} />
    </Card>
  );
}
