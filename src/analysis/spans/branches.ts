import type { DerivedBranch } from '../../domain/event/event.ts';
import { compareSpans, type RequestSpans } from './requests.ts';
import type { StoredSpan } from './span.ts';

/** Children of one span that overlap by more ran at one time: clocks of JavaScript are late by so much. */
const OVERLAP_NS = 1_000_000n;

/** The branches of one request, by its spans. */
export class RequestBranches {
  /** The request as a whole. */
  readonly own: DerivedBranch;
  readonly #entry: StoredSpan;
  readonly #byId: ReadonlyMap<string, StoredSpan>;
  /** The branches that begin with a span. */
  readonly #begun = new Map<StoredSpan, { readonly place: number; readonly untilNs: bigint }>();
  readonly #known = new Map<StoredSpan, DerivedBranch>();

  /**
   * @param active spans that do something: of the others none makes a branch
   */
  constructor({ entry, spans }: RequestSpans, own: DerivedBranch, active: ReadonlySet<StoredSpan>) {
    this.own = own;
    this.#entry = entry;
    this.#byId = new Map(spans.map((span) => [span.spanId, span]));
    this.#known.set(entry, own);
    const children = this.#activeChildren(active);
    let place = 0;
    for (const siblings of children.values()) {
      for (const lanes of parallelLanes(siblings.sort(compareSpans))) {
        for (const lane of lanes) {
          place += 1;
          const untilNs = lane.reduce((last, { toNs }) => (toNs > last ? toNs : last), 0n);
          for (const span of lane) this.#begun.set(span, { place, untilNs });
        }
      }
    }
  }

  /** The branch that a span of the request lies on. */
  branchOf(span: StoredSpan): DerivedBranch {
    const path: StoredSpan[] = [];
    let branch: DerivedBranch | undefined;
    let at: StoredSpan | undefined = span;
    while (at !== undefined && branch === undefined && path.length <= this.#byId.size) {
      branch = this.#known.get(at);
      if (branch === undefined) path.push(at);
      at = this.#parentOf(at);
    }
    let found: DerivedBranch = branch ?? this.own;
    for (const member of path.reverse()) {
      const begun = this.#begun.get(member);
      if (begun !== undefined) {
        const { place, untilNs } = begun;
        found = { name: `${found.name}:${place}`, untilNs, message: found.message };
      }
      this.#known.set(member, found);
    }
    return found;
  }

  /** The branch in which a statement was made: those that wait on one connection are in one, as in a pipeline. */
  callerOf(statement: StoredSpan): DerivedBranch {
    return this.branchOf(this.#parentOf(statement) ?? statement);
  }

  #parentOf(span: StoredSpan): StoredSpan | undefined {
    return span === this.#entry ? undefined : this.#byId.get(span.parentSpanId);
  }

  /** The children under which something active is, by their parent. */
  #activeChildren(active: ReadonlySet<StoredSpan>): ReadonlyMap<StoredSpan, StoredSpan[]> {
    const children = new Map<StoredSpan, StoredSpan[]>();
    const seen = new Set<StoredSpan>([this.#entry]);
    for (const start of active) {
      for (let span = start; !seen.has(span); ) {
        seen.add(span);
        const parent = this.#parentOf(span) ?? this.#entry;
        const known = children.get(parent);
        if (known === undefined) children.set(parent, [span]);
        else known.push(span);
        span = parent;
      }
    }
    return children;
  }
}

/** Of the siblings that ran at one time, those that followed each other. */
function parallelLanes(siblings: readonly StoredSpan[]): readonly (readonly StoredSpan[][])[] {
  const groups: StoredSpan[][][] = [];
  let lanes: StoredSpan[][] = [];
  let untilNs = -1n;
  for (const span of siblings) {
    if (span.fromNs + OVERLAP_NS >= untilNs) {
      if (lanes.length > 1) groups.push(lanes);
      lanes = [];
    }
    const free = lanes.find((lane) => (lane.at(-1)?.toNs ?? 0n) <= span.fromNs + OVERLAP_NS);
    if (free === undefined) lanes.push([span]);
    else free.push(span);
    if (span.toNs > untilNs) untilNs = span.toNs;
  }
  if (lanes.length > 1) groups.push(lanes);
  return groups;
}
