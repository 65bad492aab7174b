import type { FindingEvent, FindingWitness } from './finding.ts';

/** A service, and the release of it in which a race was seen. */
export interface SeenRelease {
  readonly service: string;
  readonly release: string;
}

/** The releases that the two events of a witness name, each once. */
export function releasesOf(
  events: readonly Pick<FindingEvent, 'service' | 'release'>[],
): readonly SeenRelease[] {
  const seen: SeenRelease[] = [];
  for (const { service, release } of events) {
    if (release === undefined) continue;
    if (seen.some((one) => one.service === service && one.release === release)) continue;
    seen.push({ service, release });
  }
  return seen;
}

/** The same of the text of a witness. */
export function releasesIn(witness: string): readonly SeenRelease[] {
  // Most services say none, and a witness may be long.
  if (!witness.includes('"release":')) return [];
  return releasesOf((JSON.parse(witness) as FindingWitness).events);
}

/** As one text, for people: the release alone where one service has one. */
export function releaseText(seen: readonly SeenRelease[]): string {
  const [only] = seen;
  if (only !== undefined && seen.length === 1) return only.release;
  return seen.map(({ service, release }) => `${service} ${release}`).join(', ');
}
