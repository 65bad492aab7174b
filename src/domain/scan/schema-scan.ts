import { z } from 'zod';
import { acceptsFrom } from '../event/accepts.ts';
import { duration, members, present, uint16, uint32, uint64 } from '../event/event-kind.ts';
import {
  BRACE,
  BRACKET,
  BRACKET_END,
  behindDigits,
  behindList,
  behindNull,
  behindNumber,
  behindSpaces,
  behindString,
  behindValue,
  COMMA,
  MINUS,
  type Scan,
  startsWith,
  UNSURE,
  ZERO,
} from './json-scan.ts';

const nothing: Scan = () => UNSURE;

/** What the custom checks of our schemas stand for; any other is left to the careful reader. */
const scansOfOwnTypes: ReadonlyMap<z.core.$ZodType, Scan> = new Map<z.core.$ZodType, Scan>([
  [uint16, integerScan(5, 65_535)],
  [uint32, integerScan(10, 4_294_967_295)],
  // Every number of so many digits fits 64 bits.
  [uint64, integerScan(19, Number.POSITIVE_INFINITY)],
  [duration, (bytes, at) => (bytes[at] === MINUS ? UNSURE : behindNumber(bytes, at))],
  [members, (bytes, at) => (bytes[at] === BRACE ? behindValue(bytes, at) : UNSURE)],
  [present, behindValue],
]);

/**
 * Makes a scan out of a schema. The scan steps over values that the schema accepts. It is unsure of
 * all other values, and of each part of a schema that it does not understand.
 */
export function scanFrom(schema: z.core.$ZodType): Scan {
  const own = scansOfOwnTypes.get(schema);
  if (own !== undefined) return own;
  const { def } = schema._zod as z.core.$ZodTypes['_zod'];
  const checks = (def.checks ?? []).map(
    (check) => check._zod.def as z.core.$ZodChecks['_zod']['def'],
  );
  switch (def.type) {
    case 'unknown':
      return checks.length === 0 ? behindValue : nothing;
    case 'string':
      return stringScan(checks);
    case 'enum':
      return wordScan(Object.values(def.entries).map(String));
    case 'nullable':
      return orNull(scanFrom(def.innerType));
    case 'optional':
      return scanFrom(def.innerType);
    case 'pipe':
      return boundedListScan(schema, def.out);
    case 'tuple':
      return tupleScan(def.items.map(scanFrom));
    default:
      return nothing;
  }
}

export function orNull(scan: Scan): Scan {
  return (bytes, at) => {
    const end = behindNull(bytes, at);
    return end === UNSURE ? scan(bytes, at) : end;
  };
}

function integerScan(digits: number, last: number): Scan {
  return (bytes, at) => {
    const end = behindDigits(bytes, at);
    if (end === UNSURE || end - at > digits || behindNumber(bytes, at) !== end) return UNSURE;
    let value = 0;
    for (let place = at; place < end; place += 1)
      value = value * 10 + (bytes[place] as number) - ZERO;
    return value > last ? UNSURE : end;
  };
}

/** Bytes are counted instead of characters: a text that is long enough is left to the careful reader. */
function stringScan(checks: readonly z.core.$ZodChecks['_zod']['def'][]): Scan {
  let max = Number.POSITIVE_INFINITY;
  for (const check of checks) {
    if (check.check !== 'max_length') return nothing;
    max = Math.min(max, check.maximum);
  }
  return (bytes, at) => {
    const end = behindString(bytes, at);
    return end - at - 2 > max ? UNSURE : end;
  };
}

function wordScan(words: readonly string[]): Scan {
  const texts = words.map((word) => Buffer.from(JSON.stringify(word)));
  return (bytes, at) => {
    for (const text of texts) if (startsWith(bytes, at, text)) return at + text.length;
    return UNSURE;
  };
}

/** A `boundedList`: the bound stands in what the schema says of itself. */
function boundedListScan(schema: z.core.$ZodType, list: z.core.$ZodType): Scan {
  const max = z.globalRegistry.get(schema)?.['maxItems'];
  const { def } = list._zod as z.core.$ZodTypes['_zod'];
  if (typeof max !== 'number' || def.type !== 'array' || def.checks !== undefined) return nothing;
  const element = scanFrom(def.element);
  return (bytes, at) => behindList(bytes, at, element, max);
}

function tupleScan(items: readonly Scan[]): Scan {
  return (bytes, start) => {
    if (bytes[start] !== BRACKET) return UNSURE;
    let at = start;
    for (const item of items) {
      if (at !== start && bytes[at] !== COMMA) return UNSURE;
      at = item(bytes, behindSpaces(bytes, at + 1));
      if (at === UNSURE) return UNSURE;
      at = behindSpaces(bytes, at);
    }
    return bytes[at] === BRACKET_END ? at + 1 : UNSURE;
  };
}

/** What scans of an object's members are made of. */
export interface ScannedMember {
  readonly name: string;
  readonly scan: Scan;
  readonly isRequired: boolean;
}

/**
 * The members of a loose object's schema.
 *
 * @param others scans of members that the schema says too little of
 */
export function membersFrom(
  schema: z.ZodObject,
  others: Readonly<Record<string, Scan>>,
): ScannedMember[] {
  return Object.entries(schema.shape).map(([name, member]) => ({
    name,
    scan: others[name] ?? scanFrom(member),
    isRequired: !acceptsFrom(member)(undefined),
  }));
}
