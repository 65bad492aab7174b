import { z } from 'zod';

/** How the text of an environment variable becomes the value of a key. */
export type KeyKind = 'flag' | 'number' | 'text' | 'list' | 'tables';

/** What is known about one key besides its check; the documentation is made from it. */
export type KeyFacts = {
  readonly kind: KeyKind;
  /** Completes "must be …" in the message about a bad value. */
  readonly expects: string;
  readonly description: string;
  /** The value is masked wherever configuration is shown, and no message repeats it. */
  readonly secret: boolean;
  /** What unset means, for a key without a default. */
  readonly unset: string | null;
  /** A value in TOML for the example file, for a key without a default. */
  readonly example: string | null;
  /** What each table of a key of tables may hold; of other keys nothing. */
  readonly members: readonly string[];
};

/** A key of the configuration with its place, for example `['server', 'port']`. */
export type Key = KeyFacts & {
  readonly path: readonly string[];
  /** The path with dots. */
  readonly name: string;
};

/** A check of one text: null when it is good, else the end of the sentence "item 2 …". */
export type TextFault = (text: string) => string | null;

export function flag(byDefault: boolean, description: string) {
  return z
    .boolean()
    .default(byDefault)
    .meta(facts('flag', 'true or false', description));
}

export function optionalFlag(unset: string, description: string) {
  return z
    .boolean()
    .optional()
    .meta({ ...facts('flag', 'true or false', description), unset, example: 'true' });
}

export function wholeNumber(
  range: { min: number; max: number; byDefault: number },
  description: string,
) {
  const expects = `a whole number from ${range.min} to ${range.max}`;
  return z
    .int()
    .min(range.min)
    .max(range.max)
    .default(range.byDefault)
    .meta(facts('number', expects, description));
}

export function optionalWholeNumber(
  range: { min: number; max: number; unset: string; example: string },
  description: string,
) {
  const { min, max, unset, example } = range;
  const expects = `a whole number from ${min} to ${max}`;
  return z
    .int()
    .min(min)
    .max(max)
    .optional()
    .meta({ ...facts('number', expects, description), unset, example });
}

export function text(byDefault: string, fault: TextFault, description: string) {
  return checked(fault)
    .default(byDefault)
    .meta(facts('text', 'a text', description));
}

/** One of a closed set of words, in any case; an unknown one is answered with the set. */
export function word<const Words extends readonly [string, ...string[]]>(
  words: Words,
  byDefault: Words[number],
  description: string,
) {
  return lowerCase(words).default(byDefault).meta(wordFacts(words, description));
}

export function optionalWord<const Words extends readonly [string, ...string[]]>(
  words: Words,
  unset: string,
  description: string,
) {
  return lowerCase(words)
    .optional()
    .meta({ ...wordFacts(words, description), unset, example: JSON.stringify(words[0]) });
}

export function list(
  options: { byDefault: string[]; fault: TextFault; expects: string; secret?: boolean },
  description: string,
) {
  return z
    .array(checked(options.fault))
    .default(options.byDefault)
    .meta({ ...facts('list', options.expects, description), secret: options.secret === true });
}

/** A file that is read elsewhere; its name is no secret. */
export function optionalFile(
  { unset, example }: { unset: string; example: string },
  description: string,
) {
  return optionalPath('the name of a file', unset, example, description);
}

export function optionalFolder(
  { unset, example }: { unset: string; example: string },
  description: string,
) {
  return optionalPath('the name of a folder', unset, example, description);
}

function optionalPath(expects: string, unset: string, example: string, description: string) {
  return z
    .string()
    .min(1)
    .optional()
    .meta({ ...facts('text', expects, description), unset, example });
}

/**
 * Tables in double brackets; `entry` says with its own messages what each may hold. They are secret
 * unless `isShown`.
 */
export function tables<Shape extends z.ZodRawShape>(
  entry: z.ZodObject<Shape, z.core.$strict>,
  options: { expects: string; unset?: string; example?: string; isShown?: boolean },
  description: string,
) {
  const { expects, unset = null, example = null, isShown = false } = options;
  return z
    .array(entry)
    .default([])
    .meta({
      ...facts('tables', expects, description),
      secret: !isShown,
      unset,
      example,
      members: Object.keys(entry.shape),
    });
}

/** A table that may be left out: its keys then have their defaults. */
export function table<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as z.input<z.ZodObject<Shape, z.core.$strict>>);
}

/** A text that may be left out. */
export function optionalText(
  options: { fault: TextFault; unset: string; example: string },
  description: string,
) {
  const { fault, unset, example } = options;
  return checked(fault)
    .optional()
    .meta({ ...facts('text', `a text such as ${example}`, description), unset, example });
}

/** A secret that may be left out; a check repeats nothing of it. */
export function optionalSecret(
  options: { expects: string; unset: string; example: string; fault?: TextFault },
  description: string,
) {
  const { expects, unset, example, fault = () => null } = options;
  return checked(fault)
    .optional()
    .meta({ ...facts('text', expects, description), secret: true, unset, example });
}

/** Every key below a table of the schema, in the order of declaration. */
export function keysOf(table: z.ZodObject, path: readonly string[] = []): Key[] {
  return Object.entries(table.shape).flatMap(([name, schema]) => {
    const place = [...path, name];
    const inner = schema instanceof z.ZodPrefault ? schema.def.innerType : schema;
    if (inner instanceof z.ZodObject) return keysOf(inner, place);
    const known = (schema as z.ZodType).meta() as KeyFacts | undefined;
    if (known === undefined) throw new Error(`${place.join('.')} is declared without its facts`);
    return [{ ...known, path: place, name: place.join('.') }];
  });
}

function checked(fault: TextFault) {
  return z.string().superRefine((value, context) => {
    const reason = fault(value);
    if (reason !== null) context.addIssue({ code: 'custom', message: reason });
  });
}

function lowerCase<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.string().toLowerCase().pipe(z.enum(words));
}

function wordFacts(words: readonly string[], description: string): KeyFacts {
  return facts('text', `one of ${words.join(', ')}`, description);
}

function facts(kind: KeyKind, expects: string, description: string): KeyFacts {
  return { kind, expects, description, secret: false, unset: null, example: null, members: [] };
}
