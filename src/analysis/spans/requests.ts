import type { StoredSpan, TraceSpans } from './span.ts';

/** What one service did for one request, one message, or by itself. */
export interface RequestSpans {
  /** The span that the others are done for; when it is not there (yet), the outermost that is. */
  readonly entry: StoredSpan;
  /** A request or a message came in; else it is the work of a service by itself, or of a part that is missing. */
  readonly isRequest: boolean;
  /** Those of its service, the entry included; by time. */
  readonly spans: readonly StoredSpan[];
}

/** Puts the spans of a trace together by the request that they were made for. */
export function servedRequests(spans: TraceSpans): readonly RequestSpans[] {
  const entries = new Map<string, StoredSpan>();
  const members = new Map<StoredSpan, StoredSpan[]>();
  for (const span of [...spans.values()].sort(compareSpans)) {
    const entry = entryOf(span, spans, entries);
    const known = members.get(entry);
    if (known === undefined) members.set(entry, [span]);
    else known.push(span);
  }
  return [...members]
    .map(([entry, own]) => ({ entry, isRequest: entry.isRequest, spans: own.sort(compareSpans) }))
    .sort((a, b) => compareSpans(a.entry, b.entry));
}

/** Climbs to the span that begins the work of the service; each span is climbed from once. */
function entryOf(
  span: StoredSpan,
  spans: TraceSpans,
  entries: Map<string, StoredSpan>,
): StoredSpan {
  const walked = new Set<StoredSpan>();
  let top = span;
  let known: StoredSpan | undefined;
  for (;;) {
    walked.add(top);
    known = entries.get(top.spanId);
    if (known !== undefined || top.isRequest) break;
    const parent = spans.get(top.parentSpanId);
    if (parent === undefined || walked.has(parent) || !isSameService(parent, top)) break;
    top = parent;
  }
  const entry = known ?? top;
  for (const member of walked) entries.set(member.spanId, entry);
  return entry;
}

function isSameService({ event: a }: StoredSpan, { event: b }: StoredSpan): boolean {
  const [one, two] = [a.metadata, b.metadata];
  return one.service_name === two.service_name && one.instance_id === two.instance_id;
}

/** By start, then end, then id. */
export function compareSpans(a: StoredSpan, b: StoredSpan): number {
  if (a.fromNs !== b.fromNs) return a.fromNs < b.fromNs ? -1 : 1;
  if (a.toNs !== b.toNs) return a.toNs < b.toNs ? -1 : 1;
  return a.spanId < b.spanId ? -1 : 1;
}
