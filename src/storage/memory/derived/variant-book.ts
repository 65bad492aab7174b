import { FINGERPRINT_DIGITS, type IssueSubject } from '../../../domain/findings/finding.ts';

interface Variant {
  readonly subject: IssueSubject;
}

/** Issues that differ in their environments alone, by the fingerprint that they have in common. */
export class VariantBook<Entry extends Variant> {
  readonly #variants = new Map<string, Set<Entry>>();

  add(entry: Entry): void {
    const common = commonPart(entry.subject.fingerprint);
    this.#variants.set(common, (this.#variants.get(common) ?? new Set<Entry>()).add(entry));
  }

  erase(entry: Entry): void {
    const common = commonPart(entry.subject.fingerprint);
    const variants = this.#variants.get(common);
    variants?.delete(entry);
    if (variants?.size === 0) this.#variants.delete(common);
  }

  of(fingerprint: string): readonly Entry[] {
    return [...(this.#variants.get(commonPart(fingerprint)) ?? [])];
  }
}

/** A fingerprint without environments. */
export function commonPart(fingerprint: string): string {
  return fingerprint.slice(0, FINGERPRINT_DIGITS);
}
