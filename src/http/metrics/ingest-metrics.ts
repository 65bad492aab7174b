import type { Instruments } from './instruments.ts';

/** Why a request to store events was refused as a whole. */
export const refusalReasons = [
  'overloaded',
  'unavailable',
  'outcome_unknown',
  'invalid',
  'too_large',
  'media_type',
  'internal',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** By the codes of our errors and of those that Fastify throws while it reads a body. */
const reasonsByCode: ReadonlyMap<string, RefusalReason> = new Map([
  ['overloaded', 'overloaded'],
  ['unavailable', 'unavailable'],
  ['outcome_unknown', 'outcome_unknown'],
  ['too_large', 'too_large'],
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'too_large'],
  ['unsupported_media_type', 'media_type'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'media_type'],
  ['internal', 'internal'],
]);

/** Why a request to store events failed, by the code of the error. */
export function refusalReason(code: string): RefusalReason {
  return reasonsByCode.get(code) ?? 'invalid';
}

/** Members of an event that a fault can be in; anything else counts as `other`. */
const faultyMembers = [
  'id',
  'trace_id',
  'parent_id',
  'timestamp',
  'kind',
  'metadata',
  'causality_vector',
  'lock_set',
];

export interface IngestMetrics {
  eventsStored(accepted: number, duplicates: number): void;
  /** @param path of the first fault, as in `metadata.tags` */
  eventsRejected(path: string, count: number): void;
  ingestRefused(reason: RefusalReason): void;
}

/** Metrics of events, and of requests to store them. */
export function ingestMetrics(instruments: Instruments): IngestMetrics {
  const events = instruments.counter(
    'raceway_events_total',
    'Events received, by outcome; for rejected ones the member at fault.',
    ['outcome', 'reason'],
  );
  const refusals = instruments.counter(
    'raceway_ingest_refused_total',
    'Requests to store events that were refused as a whole; nothing of them is stored, unless the ' +
      'reason is outcome_unknown.',
    ['reason'],
  );
  for (const outcome of ['accepted', 'duplicate']) events.inc({ outcome, reason: '' }, 0);
  for (const reason of refusalReasons) refusals.inc({ reason }, 0);
  return {
    eventsStored(accepted, duplicates) {
      if (accepted > 0) events.inc({ outcome: 'accepted', reason: '' }, accepted);
      if (duplicates > 0) events.inc({ outcome: 'duplicate', reason: '' }, duplicates);
    },
    eventsRejected(path, count) {
      if (count === 0) return;
      const member = /^[a-z_]*/.exec(path)?.[0] ?? '';
      const reason = faultyMembers.includes(member) ? member : 'other';
      events.inc({ outcome: 'rejected', reason }, count);
    },
    ingestRefused: (reason) => refusals.inc({ reason }),
  };
}
