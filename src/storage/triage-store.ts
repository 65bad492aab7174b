import { RacewayError } from '../domain/errors.ts';
import type { FindingRules } from '../domain/findings/finding-rules.ts';
import type { Issue } from '../domain/findings/issue.ts';
import type { Pin, PinOffer } from '../domain/findings/pin.ts';
import {
  changedByPerson,
  faultOf,
  newPin,
  type TriageAuthor,
  type TriageChange,
  type TriageRecord,
} from '../domain/findings/triage.ts';

/**
 * What persons said of issues, and what follows from it. It stays when the traces of an issue are gone, as
 * a race that was judged may come back. An issue without any of its own has what was said under its former
 * fingerprints as soon as it is found (`carriedOver`). A resolved one opens as soon as a finding of it is
 * stored that is new and has a trace received later (`regressedBy`).
 *
 * When somebody erases all traces of the findings of an issue, the words and names of what was said of it go
 * too, and its state stays.
 *
 * An issue that is ignored is left out like one that others tell: of counts of traces and variables, and of
 * what traces take part in.
 */
export interface TriageStore {
  /** What was said of an issue, by its shown fingerprint or its own; null: nothing, or it is unknown. */
  of(fingerprint: string): Promise<TriageRecord | null>;

  /**
   * Changes what is said of an issue, and gives it as it is then; null when it is unknown. Rejects with
   * `bad_request` what cannot be (`faultOf`).
   *
   * A pin keeps traces of its witnesses (`pinFor`) from everything but an erasure that is asked for.
   */
  change(fingerprint: string, change: TriageChange, author: TriageAuthor): Promise<Issue | null>;

  /**
   * Opens what was acknowledged or ignored until now, and holds all issues against the rules if these are
   * others than before. From then on every issue that changes is held against them. While nothing waits for
   * its analysis, it lets go what is pinned for issues that are not there any more.
   */
  settle(nowMs: number, rules: FindingRules): Promise<void>;

  /** What was said of issues behind a fingerprint, by fingerprint, also of those that are gone. */
  records(after: string, limit: number): Promise<readonly NamedTriage[]>;

  /** Takes what was said on another server (`imported`), also of issues that are unknown; gives how much of it. */
  merge(brought: readonly NamedTriage[], author: TriageAuthor): Promise<number>;

  /** What the pins of all issues hold. */
  pins(): Promise<readonly Pin[]>;
}

/** What was said of the issue of a fingerprint. */
export interface NamedTriage {
  readonly fingerprint: string;
  readonly record: TriageRecord;
}

/**
 * A triage after a change by a person.
 *
 * @param offer what a pin has to choose from; null where the change pins nothing
 * @throws {RacewayError} with what is wrong with the change
 */
export function soundChange(
  known: TriageRecord | null,
  change: TriageChange,
  author: TriageAuthor,
  offer: PinOffer | null,
): TriageRecord {
  const pin = newPin(known, change, offer);
  const fault = faultOf(known, change, author.atMs) ?? (typeof pin === 'string' ? pin : null);
  if (fault !== null) throw new RacewayError('bad_request', fault);
  return changedByPerson(known, change, author, typeof pin === 'string' ? null : pin);
}
