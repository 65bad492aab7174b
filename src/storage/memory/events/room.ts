import { RacewayError } from '../../../domain/errors.ts';
import type { EventRecord } from '../../../domain/event/event.ts';
import { type Judgement, nothingTold } from '../../../domain/latency/verdict.ts';
import type { KeyNames } from '../../key-names.ts';
import { StoredTrace } from './stored-trace.ts';

/** At most what new events add to the bytes in use: by themselves, and by what grows with them. */
export function roomFor(
  fresh: ReadonlyMap<string, readonly EventRecord[]>,
  judgement: Judgement,
  writers: KeyNames,
  stored: ReadonlyMap<string, StoredTrace>,
): { readonly needed: number; readonly growth: number } {
  let needed = 0;
  let growth = 0;
  for (const [traceId, events] of fresh) {
    const latency = judgement.traces.get(traceId) ?? nothingTold;
    needed += StoredTrace.bytesNeeded(events, latency, writers.of(traceId));
    growth += stored.get(traceId)?.growthBytes ?? 0;
  }
  return { needed, growth };
}

/** When events do not fit into a memory that is empty but for what is pinned. */
export function tooLarge(bytes: number, maxBytes: number, pinnedBytes: number): RacewayError {
  const pins = pinnedBytes === 0 ? '' : `, of which pinned traces take ${pinnedBytes}`;
  const message =
    `the events take ${bytes} bytes, more than the memory for all events ` +
    `(storage.memory.max_bytes is ${maxBytes}${pins})`;
  return new RacewayError('too_large', message);
}
