import type { TextRows } from '../table-text.ts';
import { flag, type Timeline, wordsOf } from './timeline.ts';

const head = [
  ...['From (µs)', 'Took (µs)', 'Depth', 'Kind', 'Service', 'Name', 'Place', 'Thread', 'Value'],
  ...['Error', 'Critical', 'Races'],
];

/** All steps of a trace as a table, also those that are folded away or not in sight. */
export function stepRows(timeline: Timeline): TextRows {
  const rows = Array.from({ length: timeline.rows }, (_, row) => {
    const { startUs, tookUs, kind, service, name, place, thread, value, flags } = wordsOf(
      timeline,
      row,
    );
    return [
      ...[String(startUs), tookUs === null ? '' : String(tookUs), String(timeline.depth[row])],
      ...[kind, service, name, place, thread, value ?? ''],
      ...[flags & flag.error ? 'yes' : '', flags & flag.critical ? 'yes' : ''],
      (timeline.races.get(row) ?? []).join(' '),
    ];
  });
  return [head, ...rows];
}
