import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { IssueList } from '../../api/types.ts';
import { choose } from '../../app/route.ts';
import { counted } from '../../model/format.ts';
import { Empty } from '../../ui/states.tsx';

/** Why the list of races is empty: not analysed yet, filtered away, left out, or none. */
export function NoRaces(props: {
  readonly isStale: boolean;
  readonly chosen: Readonly<Record<string, string | null>>;
}) {
  const { isStale, chosen } = props;
  const all = useResource<IssueList>(`api/races${query({ page_size: 1 })}`);
  const hidden = useResource<IssueList>(
    `api/races${query({ page_size: 1, scope: 'any', evidence: 'E0' })}`,
  );
  const names = Object.keys(chosen).filter((name) => chosen[name] !== null);
  if (isStale) {
    return (
      <Empty title="Still analysing">
        <p>Nothing is said about races before what was stored has been looked at.</p>
      </Empty>
    );
  }
  const filtered = names.length > 0 ? (all.data?.total_issues ?? 0) : 0;
  const leftOut = (hidden.data?.total_issues ?? 0) - (all.data?.total_issues ?? 0);
  const clear = () => choose(Object.fromEntries(names.map((name) => [name, null])));
  return (
    <Empty title={filtered > 0 ? 'Filtered away' : 'No races found'}>
      {filtered > 0 && (
        <p>
          {counted(filtered, 'race does', 'races do')} not fit the filter.{' '}
          <button type="button" onClick={clear}>
            Show all
          </button>
        </p>
      )}
      {filtered === 0 && leftOut > 0 && (
        <p>
          {counted(leftOut, 'race is', 'races are')} left out: only possible, or of unknown scope.{' '}
          <button
            type="button"
            onClick={() => choose({ evidence: 'E0', scope: 'any', page: null })}
          >
            Show what could be
          </button>
        </p>
      )}
    </Empty>
  );
}
