import type { AccessType } from '../domain/event/event-kind.ts';
import { accessTraits } from '../domain/event/event-kind.ts';
import { type JsonObject, type JsonValue, numberOf, parseJson } from '../domain/json.ts';
import type { Side } from './scenario.ts';

/** One access of a witness. */
export interface WitnessStep {
  readonly side: Side;
  readonly variable: string;
  readonly reads: boolean;
  readonly writes: boolean;
  /** What was read, or what a writer believed to be there; null: the trace does not say. */
  readonly before: JsonValue;
  /** What was written; null: nothing, or the trace does not say. */
  readonly after: JsonValue;
  /** Whether the store itself made the new value of the old one, in one step. */
  readonly isAtomic: boolean;
}

/** Reads the steps of a witness as it is stored, with exact numbers. */
export function readWitness(text: string): WitnessStep[] {
  const steps = (parseJson(text).value as JsonObject)['steps'];
  return (Array.isArray(steps) ? (steps as JsonObject[]) : []).map((step) => {
    const type = step['access_type'] as AccessType;
    const { reads, writes, isAtomic } = accessTraits[type];
    const [old = null, given = null] = [step['old_value'], step['new_value']];
    return {
      side: numberOf(step['column']) === 2 ? 'B' : 'A',
      variable: String(step['variable']),
      reads,
      writes,
      before: writes ? old : (given ?? old),
      after: writes ? given : null,
      isAtomic,
    };
  });
}
