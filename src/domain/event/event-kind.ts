import { z } from 'zod';
import { ExactNumber } from '../json.ts';
import { limits } from '../limits.ts';

/**
 * The payloads of the event kinds. Each schema accepts what the four SDKs really send, also where
 * their own documents are stricter (free-text task ids, null lists, durations with a fraction).
 * Unknown members are kept.
 */

const text = z.string();
const name = z.string().max(limits.nameCharacters);

/** A JSON number that may be too long for a double. */
function exactNumber(accepts: (value: number) => boolean, message: string) {
  return z.custom<number | ExactNumber>(
    (value) => accepts(value instanceof ExactNumber ? value.toNumber() : (value as number)),
    message,
  );
}

function isCount(value: number, last: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= last;
}

export const uint16 = exactNumber(
  (value) => isCount(value, 65_535),
  'must be an integer from 0 to 65535',
).meta({
  type: 'integer',
  minimum: 0,
  maximum: 65_535,
});
export const uint32 = exactNumber(
  (value) => isCount(value, 4_294_967_295),
  'must be an integer from 0 to 4294967295',
).meta({
  type: 'integer',
  minimum: 0,
  maximum: 4_294_967_295,
});
/** An unsigned 64-bit integer; above 2^53 an {@link ExactNumber}. */
export const uint64 = exactNumber(
  // The double nearest to the greatest of them is 2^64.
  (value) => isCount(value, 2 ** 64),
  'must be an integer of 0 or more',
).meta({
  type: 'integer',
  minimum: 0,
});
/** A length of time; whole by contract, but SDKs send fractions. */
export const duration = exactNumber(
  (value) => Number.isFinite(value) && value >= 0,
  'must be a number of 0 or more',
).meta({ type: 'number', minimum: 0 });

export const accessTypes = ['Read', 'Write', 'AtomicRead', 'AtomicWrite', 'AtomicRMW'] as const;
export type AccessType = (typeof accessTypes)[number];

/** What an access of each type does to its variable. */
export const accessTraits: Readonly<
  Record<
    AccessType,
    { readonly reads: boolean; readonly writes: boolean; readonly isAtomic: boolean }
  >
> = {
  Read: { reads: true, writes: false, isAtomic: false },
  Write: { reads: false, writes: true, isAtomic: false },
  AtomicRead: { reads: true, writes: false, isAtomic: true },
  AtomicWrite: { reads: false, writes: true, isAtomic: true },
  AtomicRMW: { reads: true, writes: true, isAtomic: true },
};

/**
 * The types of what statements do: an update reads and writes in one step; a use goes by what was read
 * before, and reads nothing itself; a row that is refused as a second one shows that there is a first; a row joins a set that others may have looked at, which two can do.
 */
export const statementTypes = {
  read: 'Read',
  use: 'Read',
  refused: 'Read',
  write: 'Write',
  update: 'AtomicRMW',
  join: 'AtomicWrite',
} as const satisfies Readonly<Record<string, AccessType>>;
export type StatementAct = keyof typeof statementTypes;

/**
 * A list whose length is looked at before its elements, so that a million bad ones are one fault.
 */
export function boundedList<Item extends z.ZodType>(item: Item, max: number) {
  const list = z.array(item);
  const { items } = z.toJSONSchema(list, { io: 'input', unrepresentable: 'any' });
  return z
    .custom<unknown>(
      (value) => !Array.isArray(value) || value.length <= max,
      `has more than ${max} elements`,
    )
    .pipe(list)
    .meta({ type: 'array', items, maxItems: max });
}

/** Any members; they are not looked at, however many there are. */
export const members = z
  .custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be an object',
  )
  .meta({ type: 'object' });

const headers = members.nullable();
const any = z.unknown();
/** A value that may be null but must be there. */
export const present = z.unknown().refine((value) => value !== undefined, 'is missing');

export const kindSchemas = {
  FunctionCall: z.looseObject({
    function_name: name,
    module: name,
    args: present,
    file: text,
    line: uint32,
  }),
  FunctionReturn: z.looseObject({
    function_name: name,
    return_value: any.optional(),
    file: text.optional(),
    line: uint32.optional(),
  }),
  StateChange: z.looseObject({
    variable: name,
    old_value: any.optional(),
    new_value: any.optional(),
    location: text,
    access_type: z.enum(accessTypes),
  }),
  AsyncSpawn: z.looseObject({
    task_id: name,
    spawned_by: name.optional(),
    task_name: name.optional(),
    spawned_at: text.optional(),
  }),
  AsyncAwait: z.looseObject({ future_id: name, awaited_at: text }),
  LockAcquire: z.looseObject({ lock_id: name, lock_type: name, location: text }),
  LockRelease: z.looseObject({ lock_id: name, lock_type: name, location: text }),
  MemoryFence: z.looseObject({
    ordering: z.enum(['Relaxed', 'Acquire', 'Release', 'AcqRel', 'SeqCst']),
    location: text,
  }),
  HttpRequest: z.looseObject({ method: name, url: text, headers, body: any.optional() }),
  HttpResponse: z.looseObject({
    status: uint16,
    headers,
    body: any.optional(),
    duration_ms: duration,
  }),
  DatabaseQuery: z.looseObject({ query: text, database: name, duration_ms: duration }),
  DatabaseResult: z.looseObject({ rows_affected: uint64 }),
  Error: z.looseObject({
    error_type: name,
    message: text,
    stack_trace: boundedList(text, limits.stackTraceLines).nullable(),
  }),
  Custom: z.looseObject({ name, data: present }),
} as const;

export type KindName = keyof typeof kindSchemas;
export const kindNames = Object.keys(kindSchemas) as KindName[];

export type Payload<Kind extends KindName> = z.infer<(typeof kindSchemas)[Kind]>;

export function isKindName(text: string): text is KindName {
  return Object.hasOwn(kindSchemas, text);
}
