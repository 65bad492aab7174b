import type { TraceEvent } from '../../domain/event/event.ts';
import { accessTraits } from '../../domain/event/event-kind.ts';
import type { PairScope, Severity } from '../../domain/findings/finding.ts';
import type { AccessSite, VariableScope } from '../../domain/findings/footprint.ts';
import type { RecordLimit } from '../../domain/trace/trace-record.ts';
import { budgets } from '../budgets.ts';
import { Interner, PairInterner } from '../order/interner.ts';
import type { CausalOrder } from '../order/order.ts';
import type { ExcludedEvents } from './excluded-events.ts';
import { excludeEachOther, findLockSets, type LockSets } from './lock-sets.ts';
import { Operations } from './operations.ts';
import { sitePlace } from './site-location.ts';
import { pairScope, scopeOf } from './variables.ts';

/** An event that accesses a variable. */
export type StateChange = Extract<TraceEvent, { kind: 'StateChange' }>;

/** Accesses of one variable that differ only in when and on which strand they happened. */
export interface Signature extends AccessSite {
  /** Number of the site: the same for signatures that differ only in instance and scope. */
  readonly site: number;
  /** Number of the (service, instance, environment). */
  readonly process: number;
  readonly environment: string;
  readonly scope: VariableScope;
}

/** All accesses of one variable. */
export interface VariableAccesses {
  readonly variable: string;
  /** Event numbers along the topological sequence. */
  readonly events: readonly number[];
  /** For each of {@link events} its place in {@link signatures}. */
  readonly signatureOf: readonly number[];
  readonly signatures: readonly Signature[];
  /**
   * The limit that accesses met: those with signatures, or locks, beyond it are left out; null when
   * nothing is.
   */
  readonly truncatedBy: RecordLimit | null;
}

/**
 * Groups the accesses of a causal group by variable, sorted by name.
 *
 * @param excluded accesses among them are left out
 */
export function findAccesses(
  order: CausalOrder,
  excluded: ExcludedEvents | null = null,
): readonly VariableAccesses[] {
  const names = new Interner();
  const events: number[][] = [];
  for (const number of order.sequence) {
    const event = order.events[number] as TraceEvent;
    if (event.kind !== 'StateChange' || excluded?.isExcluded[number] === 1) continue;
    const variable = names.intern(event.payload.variable);
    if (variable === events.length) events.push([number]);
    else events[variable]?.push(number);
  }
  const signer = new Signer(order);
  return names.names
    .map((variable, number) => signer.sign(variable, events[number] ?? []))
    .sort((a, b) => (a.variable < b.variable ? -1 : 1));
}

/** Whether two accesses can race: may meet, one writes, one is not atomic, no lock between them. */
export function conflictScope(a: Signature, b: Signature): PairScope | null {
  if (!isWrite(a) && !isWrite(b)) return null;
  if (isAtomic(a) && isAtomic(b)) return null;
  if (excludeEachOther(a.locks, b.locks)) return null;
  return pairScope(a, b, a.process === b.process);
}

/** Whether an access reads: a write does not, an update does. */
export function isRead({ access_type: type }: AccessSite): boolean {
  return accessTraits[type].reads;
}

/** Whether an access writes: a read does not, an update does. */
export function isWrite({ access_type: type }: AccessSite): boolean {
  return accessTraits[type].writes;
}

/** Whether an access is atomic; two atomic ones do not conflict. */
export function isAtomic({ access_type: type }: AccessSite): boolean {
  return accessTraits[type].isAtomic;
}

class Signer {
  readonly #order: CausalOrder;
  readonly #lockSets: LockSets;
  readonly #texts = new Interner();
  readonly #processes = new PairInterner();
  readonly #places = new PairInterner();
  readonly #kinds = new PairInterner();
  readonly #sites = new PairInterner();
  readonly #operations: Operations;

  constructor(order: CausalOrder) {
    this.#order = order;
    this.#operations = new Operations(order);
    this.#lockSets = findLockSets(order);
  }

  sign(variable: string, events: readonly number[]): VariableAccesses {
    const numbers = new Map<string, number>();
    const signatures: Signature[] = [];
    const kept: number[] = [];
    const signatureOf: number[] = [];
    for (const number of events) {
      const event = this.#order.events[number] as StateChange;
      const location = sitePlace(event.payload.location, () =>
        this.#operations.operationOf(number),
      );
      const { process, site, lockSet } = this.#numbersOf(number, event, location);
      const scope = scopeOf(event, variable);
      const key = `${process} ${site} ${scope}`;
      let signature = numbers.get(key);
      if (signature === undefined) {
        if (signatures.length === budgets.signaturesPerVariable) continue;
        signature = signatures.length;
        numbers.set(key, signature);
        signatures.push({
          site,
          process,
          scope,
          service: event.metadata.service_name,
          environment: event.metadata.environment,
          location,
          access_type: event.payload.access_type,
          locks: this.#lockSets.sets[lockSet] ?? [],
        });
      }
      kept.push(number);
      signatureOf.push(signature);
    }
    const isTruncated = kept.length < events.length;
    const areLocksTruncated = !this.#lockSets.complete;
    const truncatedBy = isTruncated
      ? 'signatures_per_variable'
      : areLocksTruncated
        ? 'locks_per_set'
        : null;
    return { variable, events: kept, signatureOf, signatures, truncatedBy };
  }

  #numbersOf(number: number, { metadata, payload }: StateChange, location: string) {
    const service = this.#texts.intern(metadata.service_name);
    const instance = this.#texts.intern(metadata.instance_id ?? '');
    const place = this.#places.intern(service, this.#texts.intern(location));
    const kind = this.#kinds.intern(place, this.#texts.intern(payload.access_type));
    const lockSet = this.#lockSets.setOf(number);
    const environment = this.#texts.intern(metadata.environment);
    const process = this.#processes.intern(this.#processes.intern(service, instance), environment);
    return { process, site: this.#sites.intern(kind, lockSet), lockSet };
  }
}

/** Both sites write: critical; one does: a warning. */
export function severityOf(a: AccessSite, b: AccessSite): Severity {
  return isWrite(a) && isWrite(b) ? 'CRITICAL' : 'WARNING';
}
