import { type JsonObject, type JsonValue, numberOf } from '../domain/json.ts';
import { objectIn } from '../domain/json-members.ts';

/** A lock that one side took or gave back. */
export interface LockMoment {
  readonly column: 1 | 2;
  /** Microseconds after the first step. */
  readonly atUs: number;
  readonly verb: 'takes' | 'releases';
  readonly lock: string;
}

/** What a step left in its variable, and what it wrote over that its writer never saw. */
export interface StepEffect {
  readonly stored: string | null;
  readonly lost: string | null;
}

/** What a server tells beside the steps of a witness. */
export interface WitnessTold {
  /** By step. */
  readonly effects: readonly StepEffect[];
  /** By time. */
  readonly locks: readonly LockMoment[];
}

/** Where only the steps are known. */
export const stepsAlone: WitnessTold = { effects: [], locks: [] };

/** Reads what `GET /api/races/:fingerprint/witnesses/:number` tells; liberal, as for a race. */
export function readWitness(view: JsonObject): WitnessTold {
  const [ofA, ofB] = listOf(view['sides']);
  const locks = [...locksOf(ofA, 1), ...locksOf(ofB, 2)];
  return {
    effects: listOf(view['effects']).map((effect) => ({
      stored: textOf(objectIn(effect)?.['stored']),
      lost: textOf(objectIn(effect)?.['lost']),
    })),
    locks: locks.sort((a, b) => a.atUs - b.atUs),
  };
}

function locksOf(side: JsonValue | undefined, column: 1 | 2): LockMoment[] {
  return listOf(objectIn(side)?.['locks']).flatMap((one) => {
    const { name, from_us: from, until_us: until } = objectIn(one) ?? {};
    const lock = textOf(name) ?? '';
    const taken = numberOf(from);
    const released = numberOf(until);
    return [
      ...(taken === null ? [] : [{ column, atUs: taken, verb: 'takes', lock } as const]),
      ...(released === null ? [] : [{ column, atUs: released, verb: 'releases', lock } as const]),
    ];
  });
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
