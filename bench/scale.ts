/** How much is measured: everything, or just enough to see that the harness works. */
export interface Scale {
  readonly rounds: number;
  events(full: number): number;
  /** Whether a case of ingest is part of the run. */
  readonly includes: (one: { batchSize: number; connections: number; gzip: boolean }) => boolean;
}

export const fullScale: Scale = { rounds: 3, events: (full) => full, includes: () => true };

const SMOKE_PART = 1 / 20;

export const smokeScale: Scale = {
  rounds: 1,
  events: (full) => Math.ceil(full * SMOKE_PART),
  includes: ({ batchSize, connections }) => batchSize === 100 && connections === 16,
};
