import { type JsonObject, type JsonValue, numberOf } from '../domain/json.ts';
import { plainText } from './plain-text.ts';

/** A step of a trace as it is drawn. Texts do nothing but being read, times are microseconds. */
export interface TraceRow {
  /** From the beginning of the trace. */
  readonly startUs: number;
  /** Null for a moment. */
  readonly tookUs: number | null;
  readonly depth: number;
  readonly kind: string;
  readonly service: string;
  readonly name: string;
  readonly place: string;
  /** What was read or written; null for a row that is no access. */
  readonly value: string | null;
  readonly isError: boolean;
  readonly isRacing: boolean;
  readonly isCritical: boolean;
  readonly isRead: boolean;
  readonly isWrite: boolean;
  readonly isLock: boolean;
}

/** Bits of the column `flags`, by the documentation of the timeline. */
const bits = { error: 1, races: 2, critical: 4, reads: 8, writes: 16, lock: 32 } as const;
const nameCharactersMax = 120;

/** Reads the columns of `GET /api/traces/:id/timeline`; what is missing is empty. */
export function readTraceRows(timeline: JsonObject): TraceRow[] {
  const column = (name: string) => listOf(timeline[name]);
  const columns = {
    at: column('at'),
    took: column('took'),
    depth: column('depth'),
    flags: column('flags'),
  };
  const tables = (timeline['tables'] ?? {}) as JsonObject;
  const text = (table: string, member: string, row: number) => {
    const number = numberOf(column(member)[row]) ?? -1;
    const found = listOf(tables[table])[number];
    return typeof found === 'string' ? plainText(found, nameCharactersMax) : '';
  };
  const witnesses = new Set(
    column('races').map((race) => numberOf((race as JsonObject | null)?.['row'])),
  );
  const rows: TraceRow[] = [];
  let startUs = 0;
  for (const [row, delta] of columns.at.entries()) {
    startUs += numberOf(delta) ?? 0;
    const took = numberOf(columns.took[row]) ?? -1;
    const flags = numberOf(columns.flags[row]) ?? 0;
    const value = text('values', 'value', row);
    rows.push({
      startUs,
      tookUs: took < 0 ? null : took,
      depth: numberOf(columns.depth[row]) ?? 0,
      kind: text('kinds', 'kind', row),
      service: text('services', 'service', row),
      name: text('names', 'name', row),
      place: text('places', 'place', row),
      value: value === '' ? null : value,
      isError: (flags & bits.error) !== 0,
      isRacing: (flags & bits.races) !== 0 || witnesses.has(row),
      isCritical: (flags & bits.critical) !== 0,
      isRead: (flags & bits.reads) !== 0,
      isWrite: (flags & bits.writes) !== 0,
      isLock: (flags & bits.lock) !== 0,
    });
  }
  return rows;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
