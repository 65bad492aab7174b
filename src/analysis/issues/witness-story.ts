import { type AccessType, accessTraits } from '../../domain/event/event-kind.ts';
import type { FindingStep, FindingWitness, Pattern } from '../../domain/findings/finding.ts';
import { type JsonValue, stringifyJson } from '../../domain/json.ts';

/** What one step of a witness did to what its variable holds. Members are wire names. */
export interface StepEffect {
  /** What the variable holds after the step; null where nobody told. */
  readonly stored: string | null;
  /** It wrote over what its writer never saw. */
  readonly overwrites: boolean;
  /** What it wrote over so; null where that is nothing, or nobody told. */
  readonly lost: string | null;
  /** By how much a writer changed what it went by, as `-40`; null where that is no number. */
  readonly change: string | null;
}

/** What one request after the other would have left behind. Members are wire names. */
export interface SerialOutcome {
  readonly order: 'AB' | 'BA';
  readonly value: string;
}

/** What the values of a witness tell. */
export interface WitnessStory {
  /** By step. */
  readonly effects: readonly StepEffect[];
  /** Null where values do not tell. */
  readonly serial: readonly SerialOutcome[] | null;
}

/** Characters of one value; the steps of the witness have it whole. */
const VALUE_CHARACTERS = 200;
/** Further digits of a sum are those that doubles add to it. */
const DIGITS = 15;

/** Reads what steps did to what is stored, in their order. */
export function witnessStory(
  pattern: Pattern,
  { steps }: Pick<FindingWitness, 'steps'>,
): WitnessStory {
  const lastSeen = new Map<string, unknown>();
  const storedIn = new Map<
    string,
    { readonly text: string | null; readonly writer: 1 | 2 | null }
  >();
  const effects = steps.map((step): StepEffect => {
    const { column, variable } = step;
    const key = `${column} ${variable}`;
    // Where an update is lost, the writer went by what it had read; else by what it says it overwrote.
    const [read, overwritten] = [lastSeen.get(key) ?? null, step.old_value ?? null];
    const before = pattern === 'lost_update' ? (read ?? overwritten) : (overwritten ?? read);
    lastSeen.set(key, step.new_value);
    const was = storedIn.get(variable) ?? { text: null, writer: null };
    const told = toldText(step.new_value);
    const { writes } = traitsOf(step);
    const overwrites =
      writes && pattern === 'lost_update' && was.writer !== null && was.writer !== column;
    const now = writes ? { text: told, writer: column } : { ...was, text: was.text ?? told };
    storedIn.set(variable, now);
    return {
      stored: now.text,
      overwrites,
      lost: overwrites ? was.text : null,
      change: writes ? changeOf(before, step.new_value) : null,
    };
  });
  return { effects, serial: serialOutcomes(pattern, steps) };
}

/** Only where an update is lost and both changed the same number that they had read: then sums tell. */
function serialOutcomes(
  pattern: Pattern,
  steps: readonly FindingStep[],
): readonly SerialOutcome[] | null {
  if (pattern !== 'lost_update') return null;
  const readBy = (column: 1 | 2) =>
    steps.find((step) => step.column === column && isPlainRead(step))?.new_value;
  const writtenBy = (column: 1 | 2) =>
    steps.findLast((step) => step.column === column && traitsOf(step).writes)?.new_value;
  const [base, a, b] = [readBy(1), writtenBy(1), writtenBy(2)];
  if (typeof base !== 'number' || readBy(2) !== base) return null;
  if (typeof a !== 'number' || typeof b !== 'number') return null;
  if (changeOf(base, a) === null || changeOf(base, b) === null) return null;
  const value = String(roundedSum(a, b, -base));
  return [
    { order: 'AB', value },
    { order: 'BA', value },
  ];
}

function traitsOf({ access_type: type }: FindingStep) {
  return accessTraits[type as AccessType];
}

function isPlainRead(step: FindingStep): boolean {
  const { reads, writes } = traitsOf(step);
  return reads && !writes;
}

/** Spans tell of most reads that they were, not what they read. */
function toldText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = stringifyJson(value as JsonValue, true);
  const characters = [...text];
  if (characters.length <= VALUE_CHARACTERS) return text;
  return `${characters.slice(0, VALUE_CHARACTERS).join('')}…`;
}

function changeOf(from: unknown, to: unknown): string | null {
  if (typeof from !== 'number' || typeof to !== 'number') return null;
  const change = roundedSum(to, -from);
  if (change === 0 || !Number.isFinite(change)) return null;
  return change > 0 ? `+${change}` : String(change);
}

function roundedSum(...numbers: readonly number[]): number {
  return Number(numbers.reduce((sum, number) => sum + number, 0).toPrecision(DIGITS));
}
