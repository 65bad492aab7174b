import { z } from 'zod';
import { remediesFor } from '../../../analysis/issues/remedies.ts';
import { RacewayError } from '../../../domain/errors.ts';
import {
  anomalyClasses,
  evidenceLevels,
  type FindingEvent,
  type FindingWitness,
  patterns,
} from '../../../domain/findings/finding.ts';
import { type Issue, type IssuePage, issueSorts } from '../../../domain/findings/issue.ts';
import { remedyKinds } from '../../../domain/findings/remedy.ts';
import { rowCertainties, rowCertaintyOf } from '../../../domain/findings/row-certainty.ts';
import type { App, AppContext } from '../../context.ts';
import { completeness, readCompleteness } from '../../cuts.ts';
import { hiddenIssues, hiddenToWire } from '../../hidden-issues.ts';
import { httpLimits } from '../../limits.ts';
import { potentialTexts } from '../../potential-races.ts';
import { fingerprintText, triageMembers, triageToWire } from '../../triage-wire.ts';
import { waitingToWire, waitingWire } from '../../waiting-work.ts';
import { isoText, sendData, success, wholeNumber } from '../../wire.ts';
import { raceFilters, toIssueFilter } from './race-filters.ts';

export const lock = z.object({ name: z.string(), mode: z.enum(['exclusive', 'read']) });

const site = z.object({
  service: z.string(),
  operation: z
    .string()
    .nullable()
    .describe('Method and route pattern of the request; null where none is known.'),
  function: z.string().nullable().describe('As far as the traces tell.'),
  location: z
    .string()
    .describe('The place in the code; the operation, where the SDK recorded the access itself.'),
  access_type: z.string(),
  locks: z.array(lock),
});

const seenReleases = z.array(z.object({ service: z.string(), release: z.string() }));

const remedies = z
  .array(
    z.object({
      kind: z.enum(remedyKinds),
      title: z.string(),
      text: z.string(),
      example: z.string(),
    }),
  )
  .describe(
    'Ways to close it, likeliest first: by the locks of its sites, and in the store that it was seen in. `example` may be empty.',
  );

export const issueSchema = z
  .looseObject({
    fingerprint: z
      .string()
      .describe(
        'The same over traces, restarts and instances: 16 hex digits. Where the same race is known in several environments, digits of its own follow behind a hyphen.',
      ),
    variable: z.string().describe('Runs of digits and UUIDs are `*`.'),
    scope: z.enum(['shared', 'process', 'unknown']),
    row: z
      .enum(rowCertainties)
      .describe(
        'How surely both sites are about one row: by what was sent, by the path of the request alone (`hinted`), or nobody knows.',
      ),
    pattern: z.enum(patterns),
    anomaly_class: z.enum(anomalyClasses).nullable(),
    severity: z.enum(['CRITICAL', 'WARNING']),
    evidence: z.enum(evidenceLevels),
    verdict: z.enum(['confirmed', 'predicted']).nullable().describe('Null across traces.'),
    sites: z.tuple([site, site]),
    services: z.array(z.string()),
    environments: z
      .array(z.string())
      .describe('Of the two sites: two where the variable is one for all environments.'),
    count: z
      .int()
      .describe(
        'How often it happened: pairs that values prove, where some do; else pairs of accesses at one time; with evidence E0 those that were possible.',
      ),
    pairs_possible: z
      .int()
      .describe('Pairs of events that conflict at these sites, whether or not they met.'),
    trace_pairs: z
      .int()
      .describe(
        'Pairs of traces that accessed one variable at both sites, whether or not they met.',
      ),
    first_seen: z.string().nullable().describe('Null while only the possibility is known.'),
    last_seen: z.string().nullable(),
    first_release: seenReleases.describe(
      'Releases of the services (tag `version`, or `service.version`) when it was first seen; empty where none is known.',
    ),
    last_release: seenReleases.describe('The same of when it was last seen.'),
    remedies,
    ...triageMembers,
    witnesses: z
      .array(z.looseObject({ variable: z.string(), explanation: z.string() }))
      .describe(
        'Best first. `events[k]`, and column k + 1 of `steps`, belong to `sites[k]`; where both sites are the same, the earlier event comes first. `check` is the read that one of the two decided on.',
      ),
  })
  .meta({ id: 'Issue' });

const route = { service: z.string(), operation: z.string() };
const accessSite = site.omit({ operation: true, function: true });

/** A race that no run has shown yet. */
export const potentialSchema = z
  .object({
    fingerprint: z.string().describe('Of the two routes and the variable.'),
    potential: z.literal(true),
    environments: z.array(z.string()).describe('Where both routes were seen.'),
    evidence: z.literal('E0'),
    variable: z.string().describe('Runs of digits and UUIDs are `*`.'),
    scope: z.enum(['shared', 'process', 'unknown']),
    pattern: z.enum(patterns),
    actor: z
      .object({ ...route, check: accessSite, act: accessSite })
      .describe('The route that reads, and then writes.'),
    rival: z
      .object({ ...route, write: accessSite })
      .describe(
        'The route that may write in between: another request of the same one, or another.',
      ),
    missing: z.string().describe('What would keep the two apart.'),
    remedies,
    seen_in: z
      .int()
      .describe('How often the actor was seen to read and write so, in single requests.'),
  })
  .meta({ id: 'PotentialRace', 'x-asked-by': 'potential' });

export const issueList = z.object({
  total_issues: z.int(),
  page: z.int(),
  page_size: z.int(),
  total_pages: z.int(),
  stale: z.boolean().describe('Stored events are still being analysed.'),
  waiting: z.object(waitingWire).optional().describe('How much that is; where `stale` alone.'),
  ...completeness,
  hidden: hiddenIssues,
  issues: z
    .array(z.union([issueSchema, potentialSchema]))
    .describe('With `potential=1` potential races, and nothing else; without it none of them.'),
});

/** Findings as issues: the first thing to look at when requests race. */
export function raceRoutes(app: App, { storage, analyser }: AppContext): void {
  app.get(
    '/api/races',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'List races, those that deserve a look first in front',
        description:
          'Waits for a moment when events are still being analysed. Races of which only the ' +
          'possibility is known (evidence E0) and those of unknown scope are left out unless asked for.',
        querystring: z.strictObject({
          page: wholeNumber(1, httpLimits.pageOffsetMax).optional(),
          page_size: wholeNumber(1, httpLimits.pageSizeMax).optional(),
          ...raceFilters,
          sort: z
            .enum(issueSorts)
            .optional()
            .describe('What comes first; default rank: what deserves a look.'),
          view: z
            .literal('list')
            .optional()
            .describe(
              'What a row of a list shows: of each race the best witness alone, without values, its first eight steps.',
            ),
          potential: z
            .literal('1')
            .optional()
            .describe(
              'Races that no run has shown yet, as single requests tell; `evidence`, `severity`, times and `sort` do not matter.',
            ),
        }),
        response: { 200: success(issueList) },
      },
    },
    async ({ query }, reply) => {
      const stale = await analyser.settle(httpLimits.settleMs);
      const page = query.page ?? 1;
      const pageSize = query.page_size ?? ISSUES_PER_PAGE;
      const filter = toIssueFilter(query);
      const place = { limit: pageSize, offset: (page - 1) * pageSize };
      const found =
        query.potential === undefined
          ? textsOf(
              await storage.derived.issues({ ...filter, sort: query.sort ?? 'rank', ...place }),
              query.view === 'list',
            )
          : await potentialTexts(storage.derived, filter, place);
      const head = JSON.stringify({
        total_issues: found.total,
        page,
        page_size: pageSize,
        total_pages: Math.ceil(found.total / pageSize),
        stale,
        ...(stale ? { waiting: waitingToWire(await storage.derived.waiting(), analyser) } : {}),
        ...(await readCompleteness(storage.derived)),
        hidden: hiddenToWire(found.hidden),
      }).slice(0, -1);
      return sendData(reply, `${head},"issues":[${found.texts.join(',')}]}`);
    },
  );

  app.get(
    '/api/races/:fingerprint',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Show a race with its witnesses',
        params: z.strictObject({
          fingerprint: fingerprintText,
        }),
        response: { 200: success(issueSchema) },
      },
    },
    async ({ params: { fingerprint } }, reply) => {
      const stale = await analyser.settle(httpLimits.settleMs);
      const issue = await storage.derived.issue(fingerprint);
      if (issue === null) {
        throw new RacewayError('not_found', `there is no race with fingerprint ${fingerprint}`);
      }
      const text = `{"stale":${stale},${issueText(issue).slice(1)}`;
      return sendData(reply, text);
    },
  );
}

const ISSUES_PER_PAGE = 20;
const COMPACT_STEPS = 8;

/** An issue with its best witness alone, and that without values. */
export function compactIssue(issue: Issue): Issue {
  return { ...issue, witnesses: issue.witnesses.slice(0, 1).map(compactWitness) };
}

function compactWitness(text: string): string {
  const { events, steps, ...witness } = JSON.parse(text) as FindingWitness;
  const compact = <Event extends FindingEvent>({
    old_value: _old,
    new_value: _new,
    thread: _thread,
    ...event
  }: Event) => event;
  return JSON.stringify({
    ...witness,
    check: null,
    events: events.map(compact),
    steps: steps.slice(0, COMPACT_STEPS).map(compact),
  });
}

function textsOf({ issues, ...page }: IssuePage, isCompact: boolean) {
  const shown = isCompact ? issues.map(compactIssue) : issues;
  return { ...page, texts: shown.map(issueText) };
}

/** The JSON text of an issue; the texts of its witnesses are put in as they are stored. */
export function issueText(issue: Issue): string {
  const { subject, witnesses } = issue;
  const actors =
    witnesses[0] === undefined ? [] : (JSON.parse(witnesses[0]) as FindingWitness).events;
  const head = JSON.stringify({
    fingerprint: issue.fingerprint,
    variable: subject.variable,
    scope: subject.scope,
    row: rowCertaintyOf(subject.variable),
    pattern: issue.pattern,
    anomaly_class: issue.anomalyClass,
    severity: subject.severity,
    evidence: issue.evidence,
    verdict: issue.verdict,
    sites: subject.sites.map(({ service, location, access_type, locks }, place) => ({
      service,
      operation: actors[place]?.operation ?? null,
      function: actors[place]?.function ?? null,
      location,
      access_type,
      locks,
    })),
    services: subject.services,
    environments: subject.environments,
    count: issue.count,
    pairs_possible: issue.pairsPossible,
    trace_pairs: issue.tracePairs,
    first_seen: issue.firstNs === null ? null : isoText(BigInt(issue.firstNs)),
    last_seen: issue.lastNs === null ? null : isoText(BigInt(issue.lastNs)),
    first_release: issue.firstReleases,
    last_release: issue.lastReleases,
    remedies: remediesFor({ ...subject, pattern: issue.pattern }),
    ...triageToWire(issue),
  });
  return `${head.slice(0, -1)},"witnesses":[${issue.witnesses.join(',')}]}`;
}
