import type { Metadata } from './event/event.ts';
import type { KindName } from './event/event-kind.ts';

/** Which end of a step the timestamp of its event is. */
export type Stamp = 'start' | 'end';

/** The SDKs that record a step when it is over, and stamp it then. */
const SDKS_STAMPING_ENDS = new Set(['typescript', 'python', 'go', 'rust']);

/** Whether an SDK (`tags.sdk_language`) records steps when they are over. */
export function isMadeAtEnd(sdk: unknown): boolean {
  return typeof sdk === 'string' && SDKS_STAMPING_ENDS.has(sdk);
}

/**
 * `tags.ts` decides, then where the duration stands, then the SDK, then the kind.
 *
 * @param isMeasured the duration is that of the metadata; one of the payload is told at the end
 */
export function stampOf(kind: KindName, { tags }: Metadata, isMeasured: boolean): Stamp {
  const said = tags?.['ts'];
  if (said === 'start' || said === 'end') return said;
  if (!isMeasured || isMadeAtEnd(tags?.['sdk_language'])) return 'end';
  return kind === 'HttpResponse' || kind === 'DatabaseResult' ? 'end' : 'start';
}
