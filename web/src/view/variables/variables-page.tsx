import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { VariableList } from '../../api/types.ts';
import { choose, search, variablePath } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import { Choice, TextFilter } from '../../ui/filters.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Pager } from '../../ui/pager.tsx';
import { RowLinks } from '../../ui/row-links.tsx';
import { Services } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated, Stale } from '../../ui/states.tsx';

const pageSize = 50;
const refreshMs = 15_000;
const staleMs = 1500;

/** All variables, those that race in front. */
export function VariablesPage() {
  const get = (name: string) => search.value.get(name);
  const text = get('q');
  const variables = useResource<VariableList>(
    `api/variables${query({ q: text, sort: get('sort'), page: get('page'), page_size: pageSize })}`,
    ({ stale }) => (stale ? staleMs : refreshMs),
  );
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
      {data !== null && data.variables.length > 0 && <VariableTable list={data} />}
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

function VariableTable({ list }: { list: VariableList }) {
  return (
    <>
      <RowLinks>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Variable</th>
              <th scope="col">Races</th>
              <th scope="col" class="number">
                Accesses
              </th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                Threads
              </th>
              <th scope="col">Services</th>
              <th scope="col">Accessed by</th>
            </tr>
          </thead>
          <tbody>
            {list.variables.map((row) => (
              <tr key={row.variable}>
                <td class="what">
                  <a href={variablePath(row.variable)}>
                    <Code text={row.variable} />
                  </a>
                </td>
                <td>
                  {row.race_count > 0 && (
                    <span class="chip bad">▲ {counted(row.race_count, 'race')}</span>
                  )}
                </td>
                <td class="number" data-label="Accesses">
                  {count(row.access_count)}
                </td>
                <td class="number" data-label="Requests">
                  {count(row.trace_count)}
                </td>
                <td class="number" data-label="Threads">
                  {count(row.thread_count)}
                </td>
                <td>
                  <Services names={row.services} />
                </td>
                <td class="muted">
                  <Name text={row.access_types.join(', ')} />
                  {row.complete ? '' : ' and more'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </RowLinks>
      <Pager
        page={list.page}
        pages={list.total_pages}
        onChange={(page) => choose({ page: page === 1 ? null : String(page) })}
      />
    </>
  );
}
