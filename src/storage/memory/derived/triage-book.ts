import { formerFingerprints } from '../../../analysis/issues/fingerprint.ts';
import { type Pin, tracesHeldBy } from '../../../domain/findings/pin.ts';
import { releasesIn } from '../../../domain/findings/seen-release.ts';
import {
  carriedOver,
  endedAt,
  newOccurrences,
  regressedBy,
  type TriageRecord,
  unpinned,
  withoutTraces,
} from '../../../domain/findings/triage.ts';
import { SharedTurns } from '../../shared-turns.ts';
import type { NamedTriage } from '../../triage-store.ts';
import type { OwnedFinding } from './issue-entry.ts';

/** What a record takes besides its text, of two bytes for each character. */
const RECORD_BYTES = 300;

/** Keeps a record; resolves once it would outlive the process. */
export type KeepTriage = (fingerprint: string, record: TriageRecord) => Promise<void>;

/** What persons said of issues, by the fingerprints that issues have themselves. */
export class TriageBook {
  readonly #records = new Map<string, TriageRecord>();
  readonly #pins = new Map<string, Pin>();
  #pinned: ReadonlyMap<string, number> = new Map();
  #bytes = 0;
  #keep: KeepTriage = async () => {};
  /** Fingerprints whose records the keeper may not have as they are. */
  readonly #unkept = new Set<string>();
  readonly #turns = new SharedTurns(() => this.#keepUnkept());

  get bytes(): number {
    return this.#bytes;
  }

  of(fingerprint: string): TriageRecord | null {
    return this.#records.get(fingerprint) ?? null;
  }

  put(fingerprint: string, record: TriageRecord): void {
    const known = this.#records.get(fingerprint);
    if (known !== undefined) this.#bytes -= bytesOf(known);
    this.#bytes += bytesOf(record);
    this.#records.set(fingerprint, record);
    this.#pin(fingerprint, record.triage.pin);
    // Who changed it asks how that ended; what opens by itself opens again.
    this.#unkept.add(fingerprint);
    this.keepAll().catch(() => {});
  }

  /** Resolves once all that was put is kept; what could not be kept before is tried again. */
  async keepAll(): Promise<void> {
    if (this.#unkept.size > 0) await this.#turns.take();
  }

  /** Has every record that is put from now on kept beyond the process. */
  keepWith(keep: KeepTriage): void {
    this.#unkept.clear();
    this.#keep = keep;
  }

  /** Lets an issue that nothing was said of have what was said under its former fingerprints. */
  carryTo(fingerprint: string, nowMs: number): void {
    if (this.#records.size === 0 || this.#records.has(fingerprint)) return;
    const former = formerFingerprints(fingerprint).flatMap((name) => this.of(name) ?? []);
    const record = carriedOver(former, nowMs);
    if (record !== null) this.put(fingerprint, record);
  }

  /** Opens a resolved issue when one of its findings is new and was received later. */
  noteOccurrences(
    fingerprint: string,
    before: readonly OwnedFinding[],
    after: readonly OwnedFinding[],
    receivedMs: (traceId: string) => number,
    witnessOf: (finding: OwnedFinding) => string,
  ): void {
    const record = this.of(fingerprint);
    if (record?.triage.state !== 'resolved') return;
    const [open] = newOccurrences(fingerprint, before, after)
      .map((finding) => ({ finding, atMs: Math.max(...finding.traceIds.map(receivedMs)) }))
      .sort((a, b) => a.atMs - b.atMs)
      .flatMap(
        ({ finding, atMs }) => regressedBy(record, atMs, releasesIn(witnessOf(finding))) ?? [],
      );
    if (open !== undefined) this.put(fingerprint, open);
  }

  /** Opens what was to end by now; gives the fingerprints. */
  end(nowMs: number): readonly string[] {
    return [...this.#records].flatMap(([fingerprint, record]) => {
      const ended = endedAt(record, nowMs);
      if (ended === null) return [];
      this.put(fingerprint, ended);
      return [fingerprint];
    });
  }

  /** Records behind a fingerprint, by fingerprint. */
  records(after: string, limit: number): readonly NamedTriage[] {
    return [...this.#records.keys()]
      .filter((fingerprint) => fingerprint > after)
      .sort()
      .slice(0, limit)
      .flatMap((fingerprint) => {
        const record = this.of(fingerprint);
        return record === null ? [] : [{ fingerprint, record }];
      });
  }

  /** Traces that are pinned. */
  get pinned(): ReadonlyMap<string, number> {
    return this.#pinned;
  }

  /** What is pinned for all issues but one. */
  pinsBut(fingerprint: string | null): readonly Pin[] {
    return [...this.#pins].flatMap(([name, pin]) => (name === fingerprint ? [] : [pin]));
  }

  /** Takes traces that are gone out of what is pinned. */
  forgetPinned(traceIds: readonly string[]): void {
    if (!traceIds.some((traceId) => this.#pinned.has(traceId))) return;
    const gone = new Set(traceIds);
    for (const fingerprint of [...this.#pins.keys()]) {
      const record = this.of(fingerprint);
      const left = record === null ? null : withoutTraces(record, gone);
      if (left !== null) this.put(fingerprint, left);
    }
  }

  /** Lets go what is pinned for issues that are not there. */
  unpinWhere(isGone: (fingerprint: string) => boolean, nowMs: number): void {
    for (const fingerprint of [...this.#pins.keys()].filter(isGone)) {
      const record = this.of(fingerprint);
      if (record !== null) this.put(fingerprint, unpinned(record, nowMs));
    }
  }

  #pin(fingerprint: string, pin: Pin | null): void {
    if (pin === (this.#pins.get(fingerprint) ?? null)) return;
    if (pin === null) this.#pins.delete(fingerprint);
    else this.#pins.set(fingerprint, pin);
    this.#pinned = tracesHeldBy([...this.#pins.values()]);
  }

  async #keepUnkept(): Promise<void> {
    const keepOne = async (fingerprint: string) => {
      const record = this.of(fingerprint);
      if (record !== null) await this.#keep(fingerprint, record);
      if (this.of(fingerprint) === record) this.#unkept.delete(fingerprint);
    };
    await Promise.all([...this.#unkept].map(keepOne));
  }
}

function bytesOf(record: TriageRecord): number {
  return RECORD_BYTES + 2 * JSON.stringify(record).length;
}
