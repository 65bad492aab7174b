import { useState } from 'preact/hooks';
import { query } from '../../api/client.ts';
import type { TraceSummary } from '../../api/types.ts';
import { useKeys } from '../../app/keys.ts';
import { duration } from '../../model/format.ts';
import { shortId } from '../../model/words.ts';
import { type Column, Table } from '../../ui/list/table.tsx';
import { traceColumns } from '../../ui/list/trace-columns.tsx';
import { TraceSigns } from '../../ui/trace-marks.tsx';

/** Traces as rows; two that are ticked can be compared. */
export function TraceTable(props: {
  readonly traces: readonly TraceSummary[];
  readonly asked: string;
}) {
  const { traces, asked } = props;
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const longest = Math.max(1, ...traces.map(({ duration_ms: ms }) => ms));
  const tick = (traceId: string) =>
    setTicked(
      ticked.includes(traceId)
        ? ticked.filter((id) => id !== traceId)
        : [...ticked, traceId].slice(-2),
    );
  const [a, b] = ticked;
  useKeys({
    x: () => {
      const row = document.activeElement?.closest('tr');
      row?.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
    },
  });
  const columns: readonly Column<TraceSummary>[] = [
    {
      ...traceColumns.happened,
      cell: (trace) => (
        <>
          <input
            class="tick"
            type="checkbox"
            aria-label={`Compare ${shortId(trace.trace_id)}`}
            checked={ticked.includes(trace.trace_id)}
            onChange={() => tick(trace.trace_id)}
          />{' '}
          <TraceSigns trace={trace} />
        </>
      ),
    },
    traceColumns.root,
    traceColumns.id,
    traceColumns.services,
    traceColumns.events,
    {
      ...traceColumns.duration,
      isNumber: false,
      class: 'took',
      cell: (trace) => (
        <>
          <DurationBar ms={trace.duration_ms} longestMs={longest} isSlow={trace.has_anomalies} />
          <span>{duration(trace.duration_ms * 1000)}</span>
        </>
      ),
    },
    traceColumns.findings,
    traceColumns.lastActivity,
  ];
  return (
    <>
      {a !== undefined && (
        <p class="notice" role="status">
          {b === undefined ? (
            'Tick another one to compare the two.'
          ) : (
            <a href={`compare${query({ a, b })}`}>Compare the two that are ticked</a>
          )}
        </p>
      )}
      <Table
        label="Traces"
        isList
        asked={asked}
        columns={columns}
        rows={traces}
        keyOf={({ trace_id: id }) => id}
      />
    </>
  );
}

/** On a scale of powers: one slow trace does not make all others alike. */
function DurationBar(props: { ms: number; longestMs: number; isSlow: boolean }) {
  const { ms, longestMs, isSlow } = props;
  const share = Math.log1p(ms) / Math.log1p(longestMs);
  return (
    <svg class="bar-of" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6" rx="3" />
      <rect
        class={isSlow ? 'slow' : 'ordinary'}
        width={Math.max(2, share * 100)}
        height="6"
        rx="3"
      />
    </svg>
  );
}
