import { z } from 'zod';
import { limits } from '../domain/limits.ts';
import { everything, type TraceSelection } from '../domain/trace/trace-selection.ts';
import { canonicalUuid } from '../domain/uuid.ts';
import { httpLimits } from './limits.ts';
import { flag, instant, searchText, wholeNumber } from './wire.ts';

/** A parameter that may be given several times; `fault` says what is wrong with one that is refused. */
function several<Item extends z.ZodType>(item: Item, fault: string) {
  const most = httpLimits.repeatedParametersMax;
  return z
    .union([item, z.array(item).max(most)], `${fault}; at most ${most} of them`)
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<Item>[])
    .optional();
}

const traceId = searchText(limits.traceIdCharacters).transform(
  (text) => canonicalUuid(text) ?? text,
);

/** Tags, each of at most so many characters, and what each trace that they choose has. */
export function tagsFilter(characters: number) {
  const tag = searchText(characters)
    .regex(/^[^:]+:/)
    .transform((text) => {
      const colon = text.indexOf(':');
      return { key: text.slice(0, colon), value: text.slice(colon + 1) };
    });
  return several(tag, `must be key:value, as in user_id:42, of at most ${characters} characters`);
}

/** By what an erasure may choose traces. */
export const erasureFilters = {
  trace_id: several(traceId, 'must be a trace id').describe(
    'These traces; may be given several times.',
  ),
  service: searchText(limits.nameCharacters)
    .optional()
    .describe('Traces with an event of this service.'),
  since: instant.optional().describe('Last activity at or after this time.'),
  until: instant.optional().describe('Last activity before this time.'),
  tag: tagsFilter(2 * limits.nameCharacters).describe(
    'Traces with an event that has this tag, as key:value; given several times, all of them.',
  ),
  key: searchText(limits.nameCharacters)
    .optional()
    .describe('Traces with an event that this key sent: its name, never the key.'),
};

/** By what an export may choose traces. */
export const exportFilters = {
  ...erasureFilters,
  min_events: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  has_errors: flag.optional(),
  has_races: flag.optional(),
};

const exportQuery = z.object(exportFilters);

/** What a query of either kind selects. */
export function toSelection(query: z.output<typeof exportQuery>): TraceSelection {
  return {
    ...everything,
    traceIds: query.trace_id ?? null,
    service: query.service ?? null,
    sinceNs: query.since ?? null,
    untilNs: query.until ?? null,
    tags: query.tag ?? [],
    keyName: query.key ?? null,
    minEvents: query.min_events ?? everything.minEvents,
    hasErrors: query.has_errors ?? null,
    hasRaces: query.has_races ?? null,
  };
}
