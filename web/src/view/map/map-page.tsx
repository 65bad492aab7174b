import { useMemo } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type {
  EdgeList,
  IssueList,
  ServiceHealth,
  ServiceList,
  VariableList,
} from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import { type MapNode, type ServiceMap, serviceMap } from '../../model/service-map.ts';
import { Clock } from '../../ui/clock.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Name } from '../../ui/name.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated, Stale, Truncated } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { MapDiagram } from './map-diagram.tsx';
import { ServiceCard } from './service-card.tsx';

const refreshMs = 30_000;
const staleMs = 2000;
/** Neighbours that are named in a row. */
const namesMax = 6;
/** A day is long enough to say when somebody was last heard of. */
const activePath = 'api/services/health?time_window_minutes=1440';

const refreshOf = ({ stale }: { readonly stale: boolean }) => (stale ? staleMs : refreshMs);

/** Services: who calls whom, and who shares variables with whom. */
export function MapPage() {
  const services = useResource<ServiceList>('api/services', () => refreshMs);
  const edges = useResource<EdgeList>('api/distributed/edges', () => refreshMs);
  const variables = useResource<VariableList>('api/variables?page_size=100', refreshOf);
  const races = useResource<IssueList>('api/races?view=list&page_size=100', refreshOf);
  const health = useResource<ServiceHealth>(activePath, () => refreshMs);
  const map = useMemo(
    () =>
      services.data === null || edges.data === null
        ? null
        : serviceMap(
            services.data.services,
            edges.data.edges,
            variables.data?.variables ?? [],
            races.data?.issues ?? [],
          ),
    [services.data, edges.data, variables.data, races.data],
  );
  const failed = services.data === null ? services : edges;
  return (
    <Page title="Service map">
      <Outdated resource={services} />
      {(races.data?.stale === true || variables.data?.stale === true) && (
        <Stale waiting={races.data?.waiting?.waiting_traces} />
      )}
      {races.data !== null && races.data.truncated_by !== null && (
        <Truncated by={races.data.truncated_by} />
      )}
      {map === null && failed.error === null && <Loading what="services" />}
      {map === null && <Failed resource={failed} />}
      {map !== null && map.nodes.length === 0 && (
        <Empty title="No service has sent anything yet">
          <p>
            <a href="./">How to begin</a>
          </p>
        </Empty>
      )}
      {map !== null && map.nodes.length > 0 && (
        <Shown
          map={map}
          issues={races.data?.issues ?? []}
          health={new Map(health.data?.map((one) => [one.name, one]))}
        />
      )}
    </Page>
  );
}

function Shown({
  map,
  issues,
  health,
}: {
  map: ServiceMap;
  issues: IssueList['issues'];
  health: ReadonlyMap<string, ServiceHealth[number]>;
}) {
  const layer = search.value.get('layer') === 'shared' ? 'shared' : 'calls';
  const wanted = search.value.get('service');
  const selected = map.nodes.find(({ name }) => name === wanted) ?? null;
  const hint =
    layer === 'calls'
      ? `${counted(map.nodes.length, 'service')}, ${counted(map.calls.length, 'edge')}; thicker is more calls`
      : `${counted(map.shares.length, 'pair')} of services; red is a race. Of the hundred variables with most races`;
  return (
    <>
      <div class="trace-columns">
        <Card
          title={layer === 'calls' ? 'Who calls whom' : 'Who shares what'}
          hint={hint}
          tools={
            <Tabs
              label="What is shown"
              name="layer"
              chosen={layer}
              tabs={[
                ['calls', 'Calls'],
                ['shared', 'Shared variables'],
              ]}
              onChoose={(next) => choose({ layer: next === 'calls' ? null : next })}
            />
          }
        >
          <MapDiagram map={map} layer={layer} selected={selected?.name ?? null} />
        </Card>
        <div class="stack">
          {selected === null ? (
            <p class="notice">Choose a service to see whom it calls and where it races.</p>
          ) : (
            <ServiceCard node={selected} map={map} issues={issues} health={health} />
          )}
        </div>
      </div>
      <ServiceTable map={map} health={health} />
    </>
  );
}

function ServiceTable(props: {
  readonly map: ServiceMap;
  readonly health: ReadonlyMap<string, ServiceHealth[number]>;
}) {
  const { map, health } = props;
  const layer = search.value.get('layer');
  const activityOf = ({ services }: MapNode) => health.get(services[0] ?? '')?.last_activity;
  const neighbours = (
    name: string,
    found: (node: MapNode) => readonly string[],
  ): Column<MapNode> => ({
    name,
    class: 'muted',
    isNamedBelow: true,
    text: (node) => found(node).join(', '),
    cell: (node) => <Name text={found(node).slice(0, namesMax).join(', ') || '–'} />,
  });
  const columns: readonly Column<MapNode>[] = [
    {
      name: 'Service',
      class: 'what',
      text: ({ name }) => name,
      cell: ({ name }) => (
        <a href={`map${query({ service: name, layer })}`}>
          <Service name={name} />
        </a>
      ),
    },
    {
      name: 'Traces',
      isNumber: true,
      text: (node) => node.traces,
      cell: (node) => count(node.traces),
    },
    {
      name: 'Events',
      isNumber: true,
      text: (node) => node.events,
      cell: (node) => count(node.events),
    },
    {
      name: 'Races',
      text: (node) => node.races,
      cell: (node) =>
        node.races > 0 && <span class="chip bad">▲ {counted(node.races, 'race')}</span>,
    },
    neighbours('Calls', ({ name }) =>
      map.calls.filter(({ from }) => from === name).map(({ to }) => to),
    ),
    neighbours('Called by', ({ name }) =>
      map.calls.filter(({ to }) => to === name).map(({ from }) => from),
    ),
    neighbours('Shares variables with', ({ name }) =>
      map.shares
        .filter(({ between }) => between.includes(name))
        .flatMap(({ between }) => between.filter((other) => other !== name)),
    ),
    {
      name: 'Last activity',
      isNumber: true,
      text: (node) => activityOf(node) ?? '',
      cell: (node) => <LastActivity time={activityOf(node)} />,
    },
  ];
  return (
    <Table
      label="Services"
      isList
      isWhole
      columns={columns}
      rows={map.nodes}
      keyOf={({ name }) => name}
      isCurrent={({ name }) => name === search.value.get('service')}
    />
  );
}

function LastActivity({ time }: { time: string | undefined }) {
  return time === undefined ? <span class="muted">over a day ago</span> : <Clock time={time} />;
}
