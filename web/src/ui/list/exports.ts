import { useEffect, useRef } from 'preact/hooks';
import type { TextRows } from '../../model/table-text.ts';

/** Rows that can leave the page, also where they are drawn, or not drawn at the moment. */
export interface ExportedRows {
  readonly title: string;
  readonly rows: () => TextRows;
}

const offered = new Map<object, ExportedRows>();

/** What the page that is shown offers, in the order in which it came there. */
export function offeredRows(): readonly ExportedRows[] {
  return [...offered.values()];
}

/** Offers rows for as long as the part of the page is there. */
export function useExport(title: string, rows: () => TextRows): void {
  const newest = useRef(rows);
  newest.current = rows;
  useEffect(() => {
    const key = {};
    offered.set(key, { title, rows: () => newest.current() });
    return () => {
      offered.delete(key);
    };
  }, [title]);
}
