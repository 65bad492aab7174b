import type { Facet } from '../../../domain/facet.ts';
import { millisecondsBetween } from '../../../domain/timestamp.ts';
import type { TagFacet } from '../../../domain/trace/tag-facet.ts';
import type { TraceGlance, TraceGlances } from '../../../domain/trace/trace-glance.ts';
import type { TraceSearch } from '../../../domain/trace/trace-query.ts';
import type { Session } from '../connection/session.ts';
import { within } from '../connection/time-limit.ts';
import {
  GATHERED_TRACES_MAX,
  glanceAtLatest,
  glanceAtThese,
  selectNamedTraces,
} from './glance-queries.ts';
import { countTagsOfLatest, countTagsOfThese } from './tag-queries.ts';

/** How long the traces of one name are looked up: those that take longer are not few. */
const LOOKUP_MS = 1000;

/**
 * Looks at the latest traces; where there are more than may be looked at, and a name of the search finds
 * few, at those.
 */
export async function readGlances(
  session: Session,
  search: TraceSearch,
  limit: number,
): Promise<TraceGlances> {
  const [latest] = await session.named<GlancesRow>(glanceAtLatest(search, limit + 1));
  if (Number(latest?.looked) <= limit) return { traces: glancesOf(latest), isWhole: true };
  const named = await namedTraces(session, search);
  if (named === null) return { traces: glancesOf(latest).slice(0, limit), isWhole: false };
  const [gathered] = await session.named<GlancesRow>(glanceAtThese(named, search));
  const traces = glancesOf(gathered);
  return { traces: traces.slice(0, limit), isWhole: traces.length <= limit };
}

/** Counts the tags of the traces that {@link readGlances} looks at. */
export async function readTagFacet(
  session: Session,
  search: TraceSearch,
  key: string | null,
  limit: number,
): Promise<TagFacet> {
  const [latest] = await session.named<TagsRow>(countTagsOfLatest(search, key, limit));
  if (Number(latest?.looked) <= limit) return { ...facetOfRow(latest), isWhole: true };
  const named = await namedTraces(session, search);
  if (named === null) return { ...facetOfRow(latest), isWhole: false };
  const [gathered] = await session.named<TagsRow>(countTagsOfThese(named, search, key, limit));
  return { ...facetOfRow(gathered), isWhole: named.length <= limit };
}

/** The traces of the first name of a search that finds few; null: it has none. */
async function namedTraces(session: Session, search: TraceSearch): Promise<string[] | null> {
  for (const query of selectNamedTraces(search)) {
    const rows = await within(session, LOOKUP_MS, (limited) => limited(query));
    if (rows === null || rows.length > GATHERED_TRACES_MAX) continue;
    return rows.map(([traceId]) => traceId as string);
  }
  return null;
}

interface TagsRow {
  readonly shown: string;
  readonly values: string;
  readonly looked: string;
}

function facetOfRow(row: TagsRow | undefined): Facet {
  const shown = JSON.parse(row?.shown ?? '[]') as (readonly [value: string, count: number])[];
  return {
    values: shown.map(([value, count]) => ({ value, count })),
    leftOut: Number(row?.values ?? 0) - shown.length,
  };
}

interface GlancesRow {
  readonly glances: string;
  readonly looked: string;
}

/** As a statement writes it: times as text, the number of events, flags, names. */
type GlanceParts = readonly [
  ...[activityNs: string, firstNs: string, lastNs: string, eventCount: number],
  ...[hasErrors: boolean, hasRaces: boolean, hasAnomalies: boolean],
  ...[root: string, environments: string[], services: string[]],
];

function glancesOf(row: GlancesRow | undefined): TraceGlance[] {
  const parts = JSON.parse(row?.glances ?? '[]') as GlanceParts[];
  return parts.map(
    ([activityNs, firstNs, lastNs, eventCount, hasErrors, hasRaces, hasAnomalies, ...names]) => ({
      lastActivityNs: BigInt(activityNs),
      durationMs: millisecondsBetween(BigInt(firstNs), BigInt(lastNs)),
      ...{ eventCount, hasErrors, hasRaces, hasAnomalies },
      root: names[0],
      environments: names[1],
      services: names[2],
    }),
  );
}
