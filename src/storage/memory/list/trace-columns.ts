import type { Facet } from '../../../domain/facet.ts';
import { tagText } from '../../../domain/trace/tag.ts';
import { durationMs, type TraceSummary } from '../../../domain/trace/trace.ts';
import {
  rootPrefix,
  type TraceFilter,
  type TraceSearch,
  unfiltered,
} from '../../../domain/trace/trace-query.ts';
import { Interned } from '../bytes/interned.ts';
import { TraceTags } from './trace-tags.ts';

type Test = (slot: number) => boolean;

const SLOTS_AT_FIRST = 1024;

/**
 * Holds what the list of traces is filtered by, in columns with one slot per trace. To look at one
 * summary after the other takes ten times as long, as each look waits several times for the memory.
 */
export class TraceColumns {
  /** 0: no trace has the slot. */
  #eventCounts = new Uint32Array(SLOTS_AT_FIRST);
  #errorCounts = new Uint32Array(SLOTS_AT_FIRST);
  #durationsMs = new Float64Array(SLOTS_AT_FIRST);
  #activityNs = new BigInt64Array(SLOTS_AT_FIRST);
  #roots = new Uint32Array(SLOTS_AT_FIRST);
  #services = new Uint32Array(SLOTS_AT_FIRST);
  #environments = new Uint32Array(SLOTS_AT_FIRST);
  /** 1: the trace takes part in an issue. */
  #raced = new Uint8Array(SLOTS_AT_FIRST);
  /** 1: a span of the trace was slow or fast. */
  #odd = new Uint8Array(SLOTS_AT_FIRST);
  readonly #rootTexts = new Interned<string>();
  readonly #serviceLists = new Interned<readonly string[]>();
  readonly #environmentLists = new Interned<readonly string[]>();
  readonly #tags = new TraceTags();
  readonly #free: number[] = [];
  #end = 0;

  /** Bytes of the texts and tags; the columns are a part of what every trace takes. */
  get bytes(): number {
    const texts = [this.#rootTexts, this.#serviceLists, this.#environmentLists];
    return texts.reduce((sum, { bytes }) => sum + bytes, this.#tags.bytes);
  }

  /** A slot for a trace, which is to be written before anything else is asked. */
  take(): number {
    const slot = this.#free.pop() ?? this.#end++;
    if (slot === this.#eventCounts.length) this.#grow();
    return slot;
  }

  /** Writes what is known of a trace now. */
  write(slot: number, summary: TraceSummary): void {
    this.#releaseTexts(slot);
    this.#eventCounts[slot] = summary.eventCount;
    this.#errorCounts[slot] = summary.errorCount;
    this.#odd[slot] = Number(summary.anomalyCount > 0);
    this.#durationsMs[slot] = durationMs(summary);
    this.#activityNs[slot] = summary.lastActivityNs;
    this.#roots[slot] = this.#rootTexts.use(summary.root, summary.root);
    this.#services[slot] = this.#serviceLists.use(keyOf(summary.services), summary.services);
    const { environments } = summary;
    this.#environments[slot] = this.#environmentLists.use(keyOf(environments), environments);
  }

  /** Writes whether a trace takes part in an issue. */
  writeRaced(slot: number, isRaced: boolean): void {
    this.#raced[slot] = Number(isRaced);
  }

  /** Writes what tags a trace has. */
  writeTags(slot: number, tags: readonly string[]): void {
    this.#tags.write(slot, tags);
  }

  /** What tags the traces of some slots have: see {@link TraceTags.facet}. */
  tagFacet(slots: readonly number[], key: string | null): Facet {
    return this.#tags.facet(slots, key);
  }

  free(slot: number): void {
    this.#tags.write(slot, []);
    this.#releaseTexts(slot);
    this.#eventCounts[slot] = 0;
    this.#raced[slot] = 0;
    this.#free.push(slot);
  }

  /**
   * Whether the trace of a slot matches a search, as `matcher` says it of summaries; null when all do.
   *
   * @param hasIdOf slots of the traces whose ids begin with the text of the search
   * @param among slots of the traces that access the variable of the search; null: it names none
   */
  matcher(
    search: TraceSearch,
    hasIdOf: ReadonlySet<number>,
    among: ReadonlySet<number> | null,
  ): Test | null {
    const { text } = search;
    const wanted = [
      ...Object.values(this.#filterTests(search)),
      text === null ? null : this.#textTest(text, hasIdOf),
      among === null ? null : (slot: number) => among.has(slot),
      search.tags.length === 0 ? null : this.#tags.test(search.tags.map(tagText)),
    ];
    const tests = wanted.filter((test) => test !== null);
    return tests.length === 0 ? null : (slot) => tests.every((test) => test(slot));
  }

  /** How many traces pass a test. */
  count(test: Test): number {
    let count = 0;
    for (let slot = 0; slot < this.#end; slot += 1) {
      if (this.#eventCounts[slot] !== 0 && test(slot)) count += 1;
    }
    return count;
  }

  /** What each member of a filter asks of a slot; null where it asks nothing. */
  #filterTests(filter: TraceFilter) {
    const { service, environment, minEvents, sinceNs, untilNs, minDurationMs, maxDurationMs } =
      filter;
    const { operation, hasErrors, hasRaces, hasAnomalies } = filter;
    return {
      service: service === null ? null : this.#serviceTest((name) => name === service),
      environment: environment === null ? null : this.#environmentTest(environment),
      operation: operation === null ? null : this.#operationTest(rootPrefix(operation)),
      minEvents:
        minEvents === unfiltered.minEvents
          ? null
          : (slot) => (this.#eventCounts[slot] as number) >= minEvents,
      sinceNs: sinceNs === null ? null : (slot) => (this.#activityNs[slot] as bigint) >= sinceNs,
      untilNs: untilNs === null ? null : (slot) => (this.#activityNs[slot] as bigint) < untilNs,
      minDurationMs:
        minDurationMs === null
          ? null
          : (slot) => (this.#durationsMs[slot] as number) >= minDurationMs,
      maxDurationMs:
        maxDurationMs === null
          ? null
          : (slot) => (this.#durationsMs[slot] as number) <= maxDurationMs,
      hasErrors:
        hasErrors === null ? null : (slot) => (this.#errorCounts[slot] !== 0) === hasErrors,
      hasRaces: hasRaces === null ? null : (slot) => (this.#raced[slot] !== 0) === hasRaces,
      hasAnomalies:
        hasAnomalies === null ? null : (slot) => (this.#odd[slot] !== 0) === hasAnomalies,
    } satisfies { readonly [Name in keyof TraceFilter]: Test | null };
  }

  #textTest(text: string, hasIdOf: ReadonlySet<number>): Test {
    const prefix = rootPrefix(text);
    const hasRoot = this.#rootTexts.passing((root) => root.startsWith(prefix));
    const hasService = this.#serviceTest((name) => name.startsWith(text));
    return (slot) => hasRoot(this.#roots[slot] as number) || hasService(slot) || hasIdOf.has(slot);
  }

  #operationTest(operation: string): Test {
    const isThere = this.#rootTexts.passing((root) => root === operation);
    return (slot) => isThere(this.#roots[slot] as number);
  }

  #serviceTest(isWanted: (name: string) => boolean): Test {
    const hasService = this.#serviceLists.passing((names) => names.some(isWanted));
    return (slot) => hasService(this.#services[slot] as number);
  }

  #environmentTest(environment: string): Test {
    const isThere = this.#environmentLists.passing((names) => names.includes(environment));
    return (slot) => isThere(this.#environments[slot] as number);
  }

  #releaseTexts(slot: number): void {
    if (this.#eventCounts[slot] === 0) return;
    this.#rootTexts.release(this.#roots[slot] as number);
    this.#serviceLists.release(this.#services[slot] as number);
    this.#environmentLists.release(this.#environments[slot] as number);
  }

  #grow(): void {
    const slots = 2 * this.#eventCounts.length;
    this.#eventCounts = copied(this.#eventCounts, new Uint32Array(slots));
    this.#errorCounts = copied(this.#errorCounts, new Uint32Array(slots));
    this.#durationsMs = copied(this.#durationsMs, new Float64Array(slots));
    this.#activityNs = copied(this.#activityNs, new BigInt64Array(slots));
    this.#roots = copied(this.#roots, new Uint32Array(slots));
    this.#services = copied(this.#services, new Uint32Array(slots));
    this.#environments = copied(this.#environments, new Uint32Array(slots));
    this.#raced = copied(this.#raced, new Uint8Array(slots));
    this.#odd = copied(this.#odd, new Uint8Array(slots));
  }
}

function copied<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}

/** Different lists have different keys, whatever characters the names have. */
function keyOf(names: readonly string[]): string {
  return names.map((name) => `${name.length}:${name}`).join('');
}
