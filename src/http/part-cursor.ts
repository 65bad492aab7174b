import { z } from 'zod';
import { RacewayError } from '../domain/errors.ts';

/** A cursor that clients hand back as it is: what says where a list goes on, as one word. */
export function encodeParts(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** What {@link encodeParts} was given; anything else for a text of another origin. */
export function decodeParts(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
}

/** A time in a cursor: it fits a signed integer of 64 bits. */
export const nanosecondsPart = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt)
  .refine((timeNs) => timeNs < 2n ** 63n);

/** The answer to a cursor that no page has given out. */
export function foreignCursor(): RacewayError {
  const message = 'query.cursor is not one of ours; use next_cursor of the page before, unchanged';
  return new RacewayError('bad_request', message);
}
