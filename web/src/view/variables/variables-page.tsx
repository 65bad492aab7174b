import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { VariableList } from '../../api/types.ts';
import { choose, search, variablePath } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import { Choice, TextFilter } from '../../ui/list/filters.tsx';
import { Pager } from '../../ui/list/pager.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { Code } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Services } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated, Stale } from '../../ui/states.tsx';

const pageSize = 50;
const refreshMs = 15_000;
const staleMs = 1500;

/** All variables, those that race in front. */
export function VariablesPage() {
  const get = (name: string) => search.value.get(name);
  const text = get('q');
  const path = `api/variables${query({ q: text, sort: get('sort'), page: get('page'), page_size: pageSize })}`;
  const variables = useResource<VariableList>(path, ({ stale }) => (stale ? staleMs : refreshMs));
  const { data } = variables;
  return (
    <Page
      title="Variables"
      heading={data === null ? 'Variables' : counted(data.total_variables, 'variable')}
    >
      <p class="muted">Values that requests share: who uses them, and where they race.</p>
      <div class="filters">
        <TextFilter label="Find" name="q" placeholder="part of a name" />
        <Choice
          label="Sort"
          name="sort"
          any="most races"
          options={[
            ['accesses', 'most accesses'],
            ['traces', 'most requests'],
            ['name', 'name'],
          ]}
        />
      </div>
      <Outdated resource={variables} />
      {data === null && variables.error === null && <Loading what="variables" />}
      {data === null && <Failed resource={variables} />}
      {data?.stale === true && <Stale />}
      {data !== null && data.variables.length === 0 && (
        <NoVariables isFiltered={text !== null} isStale={data.stale} />
      )}
      {data !== null && data.variables.length > 0 && <VariableTable list={data} asked={path} />}
    </Page>
  );
}

function NoVariables({ isFiltered, isStale }: { isFiltered: boolean; isStale: boolean }) {
  if (isStale) return <Empty title="Still analysing" />;
  if (isFiltered) {
    return (
      <Empty title="Filtered away">
        <p>
          No variable’s name has that in it.{' '}
          <button type="button" onClick={() => choose({ q: null, page: null })}>
            Show all
          </button>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No access has arrived yet">
      <p>
        Services tell of the values that they read and write. <a href="./">How to begin</a>
      </p>
    </Empty>
  );
}

const columns: readonly Column<VariableList['variables'][number]>[] = [
  {
    name: 'Variable',
    class: 'what',
    sort: 'name',
    text: ({ variable }) => variable,
    cell: ({ variable }) => (
      <a href={variablePath(variable)}>
        <Code text={variable} />
      </a>
    ),
  },
  {
    name: 'Races',
    sort: '',
    text: (row) => row.race_count,
    cell: (row) =>
      row.race_count > 0 && <span class="chip bad">▲ {counted(row.race_count, 'race')}</span>,
  },
  {
    name: 'Accesses',
    isNumber: true,
    sort: 'accesses',
    text: (row) => row.access_count,
    cell: (row) => count(row.access_count),
  },
  {
    name: 'Requests',
    isNumber: true,
    sort: 'traces',
    text: (row) => row.trace_count,
    cell: (row) => count(row.trace_count),
  },
  {
    name: 'Threads',
    isNumber: true,
    text: (row) => row.thread_count,
    cell: (row) => count(row.thread_count),
  },
  {
    name: 'Services',
    text: ({ services }) => services.join(', '),
    cell: ({ services }) => <Services names={services} />,
  },
  {
    name: 'Accessed by',
    class: 'muted',
    text: (row) => `${row.access_types.join(', ')}${row.complete ? '' : ' and more'}`,
  },
];

function VariableTable({ list, asked }: { list: VariableList; asked: string }) {
  return (
    <>
      <Table
        label="Variables"
        isList
        asked={asked}
        columns={columns}
        rows={list.variables}
        keyOf={({ variable }) => variable}
      />
      <Pager
        page={list.page}
        pages={list.total_pages}
        onChange={(page) => choose({ page: page === 1 ? null : String(page) })}
      />
    </>
  );
}
