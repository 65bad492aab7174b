import { readTimeline, type Timeline } from '../../web/src/model/trace/timeline.ts';

/** What a test says of a row; everything else gets a plain default. */
export interface Row {
  readonly depth: number;
  readonly name?: string;
  readonly took?: number;
  readonly flags?: number;
  readonly slack?: number;
}

/** A timeline of these rows, each a microsecond after the one before. */
export function timelineOf(rows: readonly Row[], races: readonly number[] = []): Timeline {
  const names = [...new Set(rows.map(({ name = 'step' }) => name))];
  const column = (of: (row: Row, place: number) => number) => rows.map(of);
  return readTimeline({
    ...{ trace_id: 't', base: '2026-01-01T00:00:00Z', start_us: 0, rows: rows.length },
    tables: {
      ...{ kinds: ['FunctionCall'], services: ['web'], names, places: ['a.ts:1'] },
      ...{ threads: ['main'], values: ['1'] },
    },
    at: column(() => 1),
    took: column(({ took = 10 }) => took),
    depth: column(({ depth }) => depth),
    kind: column(() => 0),
    service: column(() => 0),
    name: column(({ name = 'step' }) => names.indexOf(name)),
    place: column(() => 0),
    thread: column(() => 0),
    value: column(() => -1),
    flags: column(({ flags = 0 }) => flags),
    slack: column(({ slack = -1 }) => slack),
    ...{ skew: column(() => 0), locks: column(() => 0), lock_sets: [[]] },
    ...{ sections: [], edges: [], complete: true, truncated_by: null },
    races: races.map((row) => ({ row, fingerprint: `f${row}`, side: 'A' as const })),
  });
}

/** A timeline of rows of these depths. */
export const depths = (list: readonly number[]) => timelineOf(list.map((depth) => ({ depth })));
