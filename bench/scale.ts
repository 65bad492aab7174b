/** How much is measured: everything, or just enough to see that the harness works. */
export interface Scale {
  readonly rounds: number;
  events(full: number): number;
  /** Events stored while reading is measured, one after the other. */
  readonly storedEvents: readonly number[];
  /** Most events of a trace that is opened. */
  readonly openedEvents: number;
  /** Requests of each kind of reading. */
  readonly reads: number;
  /** Events of the long ingest. */
  readonly longEvents: number;
  /** How long findings are followed while events arrive. */
  readonly followedSeconds: number;
  /** Whether all kinds of traffic are measured that the analysis meets, or ordinary traffic alone. */
  readonly allTraffic: boolean;
  /** Whether a case of ingest is part of the run. */
  readonly includes: (one: { batchSize: number; connections: number; gzip: boolean }) => boolean;
}

/**
 * How many times the rounds, and where they count events how many times the events, a row of ingest gets
 * that is held against a target: the speed of a shared machine changes from one second to the next.
 */
export const TARGET_FACTOR = 2;

export const fullScale: Scale = {
  rounds: 3,
  events: (full) => full,
  storedEvents: [10_000, 100_000, 1_000_000],
  openedEvents: 10_000,
  reads: 100,
  longEvents: 400_000,
  followedSeconds: 20,
  allTraffic: true,
  includes: () => true,
};

const SMOKE_PART = 1 / 20;

export const smokeScale: Scale = {
  rounds: 1,
  events: (full) => Math.ceil(full * SMOKE_PART),
  storedEvents: [1000, 2000],
  openedEvents: 100,
  reads: 3,
  longEvents: 20_000,
  followedSeconds: 2,
  allTraffic: false,
  includes: ({ batchSize, connections }) => batchSize === 100 && connections === 16,
};
