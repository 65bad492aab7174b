import { RacewayError } from '../domain/errors.ts';

/** Whether a failure is the storage's and not that of what it was to store. */
export function isAway(error: unknown): error is RacewayError {
  return error instanceof RacewayError && error.code !== 'internal';
}
