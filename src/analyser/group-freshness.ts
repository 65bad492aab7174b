import type { Storage } from '../storage/storage.ts';
import type { LoadedTrace } from './group-loader.ts';

/** The traces that something was made of. */
export interface MadeOfTraces {
  readonly traces: ReadonlyMap<string, LoadedTrace>;
  /** False: a limit left events or traces out, so that others may be linked. */
  readonly isWhole: boolean;
}

/** Whether each trace that was read is as it was, and no other is linked to one. */
export async function isUpToDate(
  storage: Storage,
  { traces, isWhole }: MadeOfTraces,
): Promise<boolean> {
  const revisions = await storage.revisions([...traces.keys()]);
  for (const [traceId, { revision }] of traces) {
    if ((revisions.get(traceId) ?? null) !== revision) return false;
  }
  for (const [traceId, { spans }] of traces) {
    if (spans === null || !isWhole) continue;
    const linked = await storage.derived.linkedTraces(traceId, spans);
    if (linked.some((other) => !traces.has(other))) return false;
  }
  return true;
}
