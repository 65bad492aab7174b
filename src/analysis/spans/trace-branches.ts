import type { DerivedBranch } from '../../domain/event/event.ts';
import { RequestBranches } from './branches.ts';
import type { RequestSpans } from './requests.ts';
import type { StoredSpan, TraceSpans } from './span.ts';

/** A request, and those of its spans that do something. */
export interface ActiveRequest {
  readonly request: RequestSpans;
  readonly active: readonly StoredSpan[];
}

/** The branches of each request of a trace; one that another one called begins on the branch of the call. */
export function traceBranches(
  spans: TraceSpans,
  requests: readonly ActiveRequest[],
): readonly RequestBranches[] {
  const homes = new Map<StoredSpan, number>();
  requests.forEach(({ request }, place) => {
    for (const span of request.spans) homes.set(span, place);
  });
  const calls = requests.map(({ request: { entry } }, place) => {
    const call = spans.get(entry.parentSpanId);
    const caller = call === undefined ? undefined : homes.get(call);
    return call === undefined || caller === undefined || caller === place ? null : { call, caller };
  });
  const called = requests.map((): number[] => []);
  calls.forEach((found, place) => {
    if (found !== null) called[found.caller]?.push(place);
  });
  const branches: (RequestBranches | undefined)[] = requests.map(() => undefined);
  const make = (place: number, callerBranch: DerivedBranch | null) => {
    const { request, active } = requests[place] as ActiveRequest;
    const { entry } = request;
    const doing = new Set(active);
    for (const child of called[place] ?? []) {
      const call = calls[child]?.call;
      if (call !== undefined && call !== entry) doing.add(call);
    }
    const own: DerivedBranch = {
      name: `${callerBranch?.name ?? ''}/${place}`,
      untilNs: entry.toNs,
      message: messageOf(entry) ?? callerBranch?.message ?? null,
    };
    const made = new RequestBranches(request, own, doing);
    branches[place] = made;
    return made;
  };
  // What calls itself in a circle has no beginning: whatever is left over begins one.
  for (const isLeftOver of [false, true]) {
    for (let root = 0; root < requests.length; root += 1) {
      if (branches[root] !== undefined || (!isLeftOver && calls[root] !== null)) continue;
      const open = [{ place: root, made: make(root, null) }];
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        for (const place of called[next.place] ?? []) {
          const call = calls[place]?.call;
          if (call === undefined || branches[place] !== undefined) continue;
          open.push({ place, made: make(place, next.made.branchOf(call)) });
        }
      }
    }
  }
  return branches as readonly RequestBranches[];
}

/** What tells the message that a span works on from all others of its system. */
function messageOf(span: StoredSpan): string | null {
  const destination = span.text('messagingDestination');
  const id = span.text('messagingMessage');
  if (id !== '') return `${destination} ${id}`.trim();
  const offset = span.text('messagingOffset');
  return offset === ''
    ? null
    : `${destination} ${span.text('messagingPartition')}/${offset}`.trim();
}
