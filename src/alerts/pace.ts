/** When a receiver is sent to again. */
export interface Pace {
  /** How often it is looked for something to tell. */
  readonly stepMs: number;
  /** After so many failures in a row. */
  retryMs(failures: number): number;
  /** After a message, by the least time between two. */
  intervalMs(minIntervalSeconds: number): number;
  /** How long the storage must be away to be told of. */
  readonly outageMs: number;
}

const retryMsFirst = 5000;
const retryMsMax = 900_000;

/** Twice as long after each further failure, up to a quarter of an hour. */
export const usualPace: Pace = {
  stepMs: 5000,
  retryMs: (failures) => Math.min(retryMsFirst * 2 ** Math.min(failures - 1, 20), retryMsMax),
  intervalMs: (minIntervalSeconds) => minIntervalSeconds * 1000,
  outageMs: 30_000,
};

/** What a receiver may ask to wait at most. */
export const retryAfterMsMax = 3_600_000;
/** What could not be told for so long is given up: nobody needs the news of the day before yesterday. */
export const giveUpMs = 86_400_000;
