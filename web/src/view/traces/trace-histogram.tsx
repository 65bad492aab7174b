import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TraceHistogram as Histogram } from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { count } from '../../model/format.ts';
import { bucketRows } from '../../model/trace/trace-picture.ts';
import { useExport } from '../../ui/list/exports.ts';
import { Card } from '../../ui/page.tsx';
import { Failed } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { TraceLegend, TracePicture } from '../../ui/trace-picture.tsx';
import type { askedOfTraces } from './trace-filters.ts';

const refreshMs = 15_000;
const views = [
  ['duration', 'Duration'],
  ['count', 'Count'],
] as const;

/** Traces over time, by how many there were or how long they took; dragging chooses a part. */
export function TraceHistogram(props: {
  readonly asked: ReturnType<typeof askedOfTraces>;
  readonly isFollowing: boolean;
}) {
  const { asked, isFollowing } = props;
  const found = useResource<Histogram>(`api/traces/histogram${query(asked)}`, () =>
    isFollowing ? refreshMs : null,
  );
  const view = search.value.get('chart') === 'count' ? 'count' : 'duration';
  const { data } = found;
  useExport('Traces over time', () => bucketRows(data));
  if (data === null) {
    return found.error === null ? <div class="card picture-room" /> : <Failed resource={found} />;
  }
  if (data.total === 0) return null;
  return (
    <Card
      class="trace-picture"
      title={view === 'count' ? 'How many' : 'How long they took'}
      hint={
        data.complete
          ? 'drag to choose a part'
          : `the latest ${count(data.total)} that were found; drag to choose a part`
      }
      tools={
        <Tabs
          label="What the picture shows"
          name="chart"
          chosen={view}
          tabs={views}
          onChoose={(chart) => choose({ chart: chart === 'duration' ? null : chart })}
        />
      }
    >
      <TracePicture
        data={data}
        view={view}
        onChoose={(chosen) => choose({ ...chosen, cursor: null })}
      />
      <TraceLegend />
    </Card>
  );
}
