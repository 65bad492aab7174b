import { eventSchema } from './event.ts';
import { kindNames, kindSchemas } from './event-kind.ts';

/** What stands in the place of a value that is not to be stored. */
export const REDACTED = '[redacted]';

/** Any member of an object or any item of a list, in a path. */
export const ANY = Symbol('*');
export type RedactionStep = string | typeof ANY;

const STEP = /"(?:[^"\\]|\\.)*"|[^."]+/y;

/**
 * Reads a path such as `kind.HttpRequest.body.password`: steps from the event inwards, separated by
 * dots. `*` is any member or item, a number an item, and a name with dots stands in double quotes.
 *
 * @returns null when the text is no path
 */
export function readRedactionPath(text: string): readonly RedactionStep[] | null {
  const steps: RedactionStep[] = [];
  for (STEP.lastIndex = 0; ; STEP.lastIndex += 1) {
    const [step] = STEP.exec(text) ?? [];
    if (step === undefined) return null;
    const name = step.startsWith('"') ? quotedName(step) : step;
    if (name === null) return null;
    steps.push(step === '*' ? ANY : name);
    if (STEP.lastIndex === text.length) return steps;
    if (text[STEP.lastIndex] !== '.') return null;
  }
}

function quotedName(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

/**
 * Why a path cannot be redacted, as the end of a sentence; null when it can. An event must remain
 * that can be stored, ordered and analysed.
 */
export function redactionPathFault(text: string): string | null {
  const steps = readRedactionPath(text);
  if (steps === null) return 'is no path such as kind.HttpRequest.body.password';
  const [first, second, third] = steps;
  if (first === ANY) return 'begins with *, which would take the whole event';
  if (first === 'kind') return payloadFault(second, third, steps.length);
  if (first === 'metadata') return metadataFault(second, steps.length);
  return Object.hasOwn(eventSchema.shape, first as string)
    ? `leads into ${first as string}, which the order of events rests on`
    : null;
}

function metadataFault(member: RedactionStep | undefined, length: number): string | null {
  const { shape } = eventSchema.shape.metadata;
  if (member === 'tags') {
    return length > 2 ? null : 'takes the list of tags itself; write metadata.tags.* for every tag';
  }
  const isFree = typeof member === 'string' && !Object.hasOwn(shape, member);
  return isFree ? null : 'leads into metadata that the order of events rests on';
}

function payloadFault(
  kind: RedactionStep | undefined,
  member: RedactionStep | undefined,
  length: number,
): string | null {
  const kinds = kind === ANY ? kindNames : kindNames.filter((name) => name === kind);
  if (kinds.length === 0) return `names no kind of event; the kinds are ${kindNames.join(', ')}`;
  if (member === undefined) return 'takes the whole payload; name a member of it';
  if (length > 3) return null;
  for (const name of kinds) {
    const members = member === ANY ? Object.keys(kindSchemas[name].shape) : [member];
    for (const key of members) {
      const schema = Object.entries(kindSchemas[name].shape).find(([known]) => known === key)?.[1];
      if (schema !== undefined && !schema.safeParse(REDACTED).success) {
        return `takes kind.${name}.${key}, which can be no text; name what is in it, or nothing of it`;
      }
    }
  }
  return null;
}
