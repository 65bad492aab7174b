import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { AnomalyList, IssueList, TraceHistogram, VariableList } from '../../api/types.ts';
import { go, tracePath, variablePath } from '../../app/route.ts';
import { count, counted, duration } from '../../model/format.ts';
import {
  durationBars,
  happened,
  medianBar,
  type SlowOperation,
  slowOperations,
} from '../../model/overview.ts';
import { bucketRows } from '../../model/trace/trace-picture.ts';
import { useExport } from '../../ui/list/exports.ts';
import { RaceRows, raceServices } from '../../ui/list/race-rows.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service, Services } from '../../ui/service.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { TraceLegend, TracePicture } from '../../ui/trace-picture.tsx';
import { DurationChart } from './duration-chart.tsx';

const refreshMs = 15_000;
const rowsMax = 5;
const durationRows = 16;
/** As many anomalies are looked at for the operations that were slow. */
const anomaliesMax = 100;

interface Asked {
  readonly since: string | null;
  readonly until: string | null;
}

/** What happened in a range of time: figures, traces over time, and what stands out. */
export function OverviewCards({ asked, races }: { asked: Asked; races: IssueList | null }) {
  const found = useResource<TraceHistogram>(
    `api/traces/histogram${query({ ...asked, rows: durationRows })}`,
    () => refreshMs,
  );
  const { data } = found;
  useExport('Traces over time', () => bucketRows(data));
  return (
    <>
      <Figures histogram={data} races={races} />
      {data === null && <Failed resource={found} />}
      {data !== null && data.total > 0 && (
        <Card
          class="trace-picture"
          title="Traces"
          hint={`${spanText(data)}${data.complete ? '' : `; the latest ${count(data.total)}`}`}
          tools={<TraceLegend />}
        >
          <TracePicture
            data={data}
            view="count"
            onChoose={({ since = null, until = null }) => go(`traces${query({ since, until })}`)}
          />
        </Card>
      )}
      <div class="halves">
        <LookFirst races={races} asked={asked} />
        {data !== null && <Durations histogram={data} />}
      </div>
      <div class="halves">
        <Slower since={asked.since} />
        <Busiest />
      </div>
    </>
  );
}

function spanText({ from, to, buckets }: TraceHistogram): string {
  const ms = (Date.parse(to) - Date.parse(from)) / Math.max(1, buckets.length);
  return ms > 0 ? `a bar for every ${duration(ms * 1000)}; drag to look closer` : '';
}

function Figures({
  histogram,
  races,
}: {
  histogram: TraceHistogram | null;
  races: IssueList | null;
}) {
  const found = histogram === null ? null : happened(histogram);
  const total = histogram?.total ?? 0;
  const middle = histogram === null ? null : medianBar(durationBars(histogram));
  const share = (part: number) =>
    part === 0 ? '' : `${((part / total) * 100).toFixed(part * 10 < total ? 1 : 0)} % of traces`;
  const proven = races?.issues.filter(({ evidence }) => evidence >= 'E3').length ?? 0;
  // While what was stored is analysed, none found means nothing.
  const isOpen = races?.stale === true && races.total_issues === 0;
  const isWhole = races !== null && races.issues.length === races.total_issues;
  return (
    <dl class="figures">
      <Figure
        name="Races"
        value={races === null || isOpen ? null : count(races.total_issues)}
        more={isWhole && proven > 0 ? `${count(proven)} proven by values` : ''}
        isBad={races !== null && races.total_issues > 0}
      />
      <Figure
        name="Traces"
        value={found && count(total)}
        more={found ? `${count(found.raced)} in a race` : ''}
      />
      <Figure
        name="With an error"
        value={found && count(found.failed)}
        more={found ? share(found.failed) : ''}
      />
      <Figure
        name="Half of them took"
        value={found && (middle === null ? '–' : `≤ ${duration(middle.toMs * 1000)}`)}
        more={middle === null ? '' : `more than ${duration(middle.fromMs * 1000)}`}
      />
      <Figure
        name="Slow or fast"
        value={found && count(found.odd)}
        more={found ? share(found.odd) : ''}
      />
    </dl>
  );
}

function Figure(props: { name: string; value: string | null; more?: string; isBad?: boolean }) {
  const { name, value, more = '', isBad = false } = props;
  return (
    <div class={isBad ? 'bad' : ''}>
      <dt>{name}</dt>
      <dd>{value ?? '…'}</dd>
      <dd class="more muted">{more}</dd>
    </div>
  );
}

function LookFirst({ races, asked }: { races: IssueList | null; asked: Asked }) {
  const isWhole = asked.since === null && asked.until === null;
  return (
    <Card
      title="Look at these first"
      tools={<a href={`races${query({ ...asked })}`}>All races →</a>}
    >
      {races === null && <Loading what="races" />}
      {races !== null && races.issues.length === 0 && (
        <Empty
          title={
            races.stale
              ? 'Still analysing'
              : `No races found ${isWhole ? 'so far' : 'in this time'}`
          }
        />
      )}
      {races !== null && <RaceRows issues={races.issues.slice(0, rowsMax)} end={raceServices} />}
    </Card>
  );
}

function Durations({ histogram }: { histogram: TraceHistogram }) {
  const bars = durationBars(histogram);
  if (bars.length === 0) return null;
  return (
    <Card title="How long traces took" hint="each bar is a step of time; square-root scale">
      <DurationChart bars={bars} />
    </Card>
  );
}

const slowColumns: readonly Column<SlowOperation>[] = [
  {
    name: 'Operation',
    class: 'what',
    text: ({ operation }) => operation,
    cell: ({ operation, worst }) => (
      <a href={tracePath(worst.trace_id)}>
        <Name text={operation} />
      </a>
    ),
  },
  {
    name: 'Service',
    text: ({ service }) => service,
    cell: ({ service }) => <Service name={service} />,
  },
  { name: 'Seen', isNumber: true, text: ({ times }) => times },
  {
    name: 'Worst',
    unit: 'ms',
    isNumber: true,
    text: ({ worst }) => worst.actual_duration_ms,
    cell: ({ worst }) => duration(worst.actual_duration_ms * 1000),
  },
  {
    name: 'Usually',
    unit: 'ms',
    isNumber: true,
    class: 'muted',
    text: ({ worst }) => worst.p50_ms,
    cell: ({ worst }) => duration(worst.p50_ms * 1000),
  },
  {
    name: 'Times longer',
    isNumber: true,
    class: 'slow strong',
    text: ({ factor }) => factor,
    cell: ({ factor }) => `${factor >= 10 ? count(Math.round(factor)) : factor.toFixed(1)}×`,
  },
];

/** Operations that took longer than they do, each a link to the trace of the worst. */
function Slower({ since }: { since: string | null }) {
  const found = useResource<AnomalyList>(
    `api/anomalies${query({ since, limit: anomaliesMax })}`,
    () => refreshMs,
  );
  const rows = slowOperations(found.data?.anomalies ?? []).slice(0, rowsMax);
  return (
    <Card title="Slower than usual" tools={<a href="latency">Latency →</a>}>
      {found.data === null && <Failed resource={found} />}
      {found.data !== null && rows.length === 0 && (
        <p class="muted">Nothing took longer than it does.</p>
      )}
      {rows.length > 0 && (
        <Table
          label="Slower than usual"
          isWhole
          columns={slowColumns}
          rows={rows}
          keyOf={({ worst }) => `${worst.trace_id} ${worst.event_id}`}
        />
      )}
    </Card>
  );
}

/** Variables that are used most. */
function Busiest() {
  const found = useResource<VariableList>(
    `api/variables?sort=accesses&page_size=${rowsMax}`,
    () => refreshMs,
  );
  return (
    <Card title="Busiest variables" tools={<a href="variables?sort=accesses">All variables →</a>}>
      {found.data === null && <Failed resource={found} />}
      {found.data?.variables.length === 0 && (
        <p class="muted">No access of a variable has arrived yet.</p>
      )}
      <ul class="rows">
        {found.data?.variables.map((row) => (
          <li key={row.variable}>
            <a href={variablePath(row.variable)}>
              <span>
                <Code text={row.variable} />{' '}
                {row.race_count > 0 && (
                  <span class="chip bad">▲ {counted(row.race_count, 'race')}</span>
                )}
              </span>
              <Services names={row.services} max={2} />
              <span>{counted(row.access_count, 'access', 'accesses')}</span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  );
}
