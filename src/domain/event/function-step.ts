import { numberOf } from '../json.ts';
import type { KindName } from './event-kind.ts';

/** Which moment of a function an event tells of. */
export type FunctionMoment = 'call' | 'return' | 'error';

export interface FunctionStep {
  /** Name of the function, without what says which moment it is. */
  readonly name: string;
  readonly moment: FunctionMoment;
}

/** Decorators of the Python SDK record each moment of `f` as a FunctionCall of its own. */
const marks: readonly (readonly [mark: string, moment: FunctionMoment])[] = [
  [':spawn', 'call'],
  [':return', 'return'],
  [':await', 'return'],
  [':error', 'error'],
];

/** What an event tells of a function; null when it is of another kind. */
export function functionStep(kind: KindName, functionName: unknown): FunctionStep | null {
  const name = String(functionName);
  if (kind === 'FunctionReturn') return { name, moment: 'return' };
  if (kind !== 'FunctionCall') return null;
  for (const [mark, moment] of marks) {
    if (name.length > mark.length && name.endsWith(mark)) {
      return { name: name.slice(0, -mark.length), moment };
    }
  }
  return { name, moment: 'call' };
}

/** How long a function took as the event of its end says, in milliseconds; null when it does not. */
export function statedFunctionMs(
  kind: KindName,
  payload: Readonly<Record<string, unknown>>,
): number | null {
  if (kind !== 'FunctionCall') return null;
  if (functionStep(kind, payload['function_name'])?.moment === 'call') return null;
  const args = payload['args'];
  if (typeof args !== 'object' || args === null) return null;
  return numberOf((args as Readonly<Record<string, unknown>>)['duration_ms']);
}
