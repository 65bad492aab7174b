import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { IssueList, TracePage } from '../../api/types.ts';
import { choose } from '../../app/route.ts';
import type { FilterChip } from '../../model/filter-chips.ts';
import { counted } from '../../model/format.ts';
import { Name } from '../../ui/name.tsx';
import { Empty } from '../../ui/states.tsx';

/** Why the list of races is empty: not analysed yet, filtered away, or none. */
export function NoRaces(props: {
  readonly isStale: boolean;
  readonly chips: readonly FilterChip[];
}) {
  const { isStale, chips } = props;
  const all = useResource<IssueList>(`api/races${query({ page_size: 1, view: 'list' })}`);
  const traces = useResource<TracePage>('api/traces?page_size=1');
  if (isStale) {
    return (
      <Empty title="Still analysing">
        <p>Nothing is said about races before what was stored has been looked at.</p>
      </Empty>
    );
  }
  const filtered = chips.length > 0 ? (all.data?.total_issues ?? 0) : 0;
  if (filtered === 0) {
    return (
      <Empty title="No races found">
        {traces.data?.total_traces === 0 && (
          <p>
            Nothing has arrived yet. <a href="./">How to begin</a>
          </p>
        )}
      </Empty>
    );
  }
  const alone = chips.filter(({ hides }) => hides !== null && hides > 0);
  return (
    <Empty title="Filtered away">
      <p>{counted(filtered, 'race does', 'races do')} not fit the filter.</p>
      {alone.map(({ name, label, text, hides }) => (
        <p key={name}>
          <button type="button" onClick={() => choose({ [name]: null, page: null })}>
            Without {label.toLowerCase()} <Name text={text} />: {counted(hides ?? 0, 'race')}
          </button>
        </p>
      ))}
      <p>
        <button
          type="button"
          onClick={() =>
            choose({ ...Object.fromEntries(chips.map(({ name }) => [name, null])), page: null })
          }
        >
          Show all
        </button>
      </p>
    </Empty>
  );
}
