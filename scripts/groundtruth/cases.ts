import { readFileSync } from 'node:fs';

/** An event as it goes over the wire; only what judges look at is named. */
export interface WireEvent {
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id: string | null;
  readonly timestamp: string;
  readonly kind: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly metadata: {
    readonly service_name: string;
    readonly duration_ns: number | null;
  };
}

/** One line of a file of cases. What `expected` holds depends on the file. */
export interface Case {
  readonly case: string;
  readonly expected: unknown;
  readonly events: readonly WireEvent[];
}

/** The cases of a file, one JSON text per line. */
export function readCases(path: string): readonly Case[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Case);
}
