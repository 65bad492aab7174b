import type { DerivedFacts, TraceEvent } from '../../domain/event/event.ts';
import { statementTypes } from '../../domain/event/event-kind.ts';
import { releaseOf } from '../../domain/event/release.ts';
import { InstantWriter } from '../../domain/otlp/span-time.ts';
import type { StatementReader } from '../statements/statement-reader.ts';
import type { RequestBranches } from './branches.ts';
import type { Draft, DraftAccess } from './draft.ts';
import { DraftList } from './draft-list.ts';
import { MarkHomes } from './mark-homes.ts';
import { inMarkedOrder, isMark } from './marks.ts';
import { RequestPath } from './request-path.ts';
import { type RequestSpans, servedRequests } from './requests.ts';
import { spansByTrace, type TraceSpans } from './span.ts';
import { stepsOf } from './steps.ts';
import { traceBranches } from './trace-branches.ts';
import { countedDrafts, type NamedAccess } from './variables.ts';
import { StatementWalk } from './walk.ts';

/**
 * What spans of OpenTelemetry tell of reads, writes and locks, as events that the rest of the analysis
 * takes like those of SDKs. It follows from the spans of each trace alone, whatever the order of arrival,
 * and is done anew when more of them come.
 *
 * @param events of whole traces
 * @returns the events that races are looked for in; the same ones when there are no spans among them
 */
export function withDerivedEvents(
  events: readonly TraceEvent[],
  reader: StatementReader,
): readonly TraceEvent[] {
  const traces = spansByTrace(events);
  const hasMarks = events.some(isMark);
  if (traces.size === 0 && !hasMarks) return events;
  const homes = new MarkHomes();
  const derived = [...traces].flatMap(([traceId, spans]) => {
    const requests = servedRequests(spans);
    homes.add(traceId, requests);
    return derivedEvents(spans, requests, reader);
  });
  const kept = hasMarks ? inMarkedOrder(events, homes) : events.filter(isOfUse);
  return [...kept, ...derived];
}

/** Spans are of no more use once it is known what follows from them, but for the requests. */
function isOfUse({ otel, kind }: TraceEvent): boolean {
  return otel === undefined || kind === 'HttpRequest' || kind === 'Custom';
}

interface WalkedRequest {
  readonly request: RequestSpans;
  readonly path: RequestPath;
  readonly branches: RequestBranches;
  readonly drafts: readonly Draft[];
}

function derivedEvents(
  spans: TraceSpans,
  served: readonly RequestSpans[],
  reader: StatementReader,
): readonly TraceEvent[] {
  const requests = served.map((request) => {
    const steps = stepsOf(request, reader);
    const active = steps.filter(({ effects }) => effects.length > 0).map(({ span }) => span);
    return { request, steps, active };
  });
  const branches = traceBranches(spans, requests);
  const walked = requests.map(({ request, steps }, place): WalkedRequest => {
    const path = new RequestPath(request.entry);
    const list = new DraftList();
    const own = branches[place] as RequestBranches;
    const walk = new StatementWalk(list, path, own);
    for (const step of steps) walk.walk(step);
    const drafts = list.drafts.filter(({ isTakenBack }) => !isTakenBack);
    return { request, path, branches: own, drafts };
  });
  const counted = countedDrafts(
    walked.map(({ request, drafts }) => ({ drafts, isRequest: request.isRequest })),
  );
  const names = new Set(
    walked.flatMap(({ drafts, branches: own }) =>
      drafts.map(({ at }) => own.branchOf(at.span).name),
    ),
  );
  return walked.flatMap((each, place) => eventsOf(each, counted[place] ?? [], names.size > 1));
}

/** Requests of one second share most of the text. */
const instants = new InstantWriter();

/** One event after the other, each the cause of the next: their order is known, whatever their stamps. */
function eventsOf(
  { request, path: { operation }, branches }: WalkedRequest,
  steps: readonly (NamedAccess | Draft)[],
  hasSeveralBranches: boolean,
): readonly TraceEvent[] {
  const { traceId, metadata, id } = request.entry.event;
  let parentId = id;
  return steps.map((step, number): TraceEvent => {
    const draft = 'draft' in step ? step.draft : step;
    const { span, fromNs, toNs, label } = draft.at;
    const timestampNs = draft.kind === 'lock' && !draft.isAcquire ? fromNs : toNs;
    const branch = branches.branchOf(span);
    const derived: DerivedFacts = {
      storedId: span.event.id,
      fromNs,
      hint: draft.kind === 'access' ? draft.row.hint : null,
      operation,
      sdk: span.sdk,
      release: releaseOf(span.event),
      isUse: draft.kind === 'access' && draft.act === 'use',
      isRefused: draft.kind === 'access' && draft.act === 'refused',
      seenFromNs: draft.kind === 'access' ? draft.seenFromNs : null,
      refusedFromNs: draft.kind === 'access' ? draft.refusedFromNs : null,
      branch: hasSeveralBranches || branch.message !== null ? branch : null,
    };
    const base = {
      id: `${span.event.id}#${String(number).padStart(6, '0')}`,
      traceId,
      parentId,
      timestamp: instants.write(timestampNs),
      timestampNs,
      metadata,
      vector: [],
      lockSet: [],
      derived,
    };
    parentId = base.id;
    const location = `${operation}: ${label}`;
    if ('draft' in step) {
      const { act, value } = step.draft;
      const access_type = statementTypes[act];
      const payload = {
        variable: step.variable,
        new_value: shownValue(value),
        location,
        access_type,
      };
      return { ...base, kind: 'StateChange', payload };
    }
    const kind = draft.kind === 'lock' && draft.isAcquire ? 'LockAcquire' : 'LockRelease';
    const [lock_id, lock_type] = draft.kind === 'lock' ? [draft.name, draft.type] : ['', ''];
    return { ...base, kind, payload: { lock_id, lock_type, location } };
  });
}

const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/;

function shownValue(value: DraftAccess['value']): string | number | boolean | null {
  if (typeof value !== 'string') return value;
  return NUMBER.test(value) ? Number(value) : value;
}
