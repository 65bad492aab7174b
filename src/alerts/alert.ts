import type { News } from '../domain/findings/triage.ts';
import type { Race } from '../report/race.ts';
import { meaningOf, titleOf } from '../report/words.ts';
import type { ConditionName } from './conditions.ts';
import { conditionTexts } from './conditions.ts';

/** What an alert is about: news of a race, a condition of the server, or nothing but itself. */
export type AlertKind = News | 'condition' | 'test';

/** A race as it is told to others: without values, which are nobody's business outside. */
export interface ToldRace {
  readonly race: Race;
  readonly services: readonly string[];
  readonly environments: readonly string[];
}

/** Something that somebody is told. Its texts are ours but for names in them, which are plain. */
export interface Alert {
  /** The same when it is sent again. */
  readonly id: string;
  readonly kind: AlertKind;
  readonly atMs: number;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly title: string;
  /** One sentence. */
  readonly meaning: string;
  /** Its page; null where `server.public_url` is not set. */
  readonly url: string | null;
  readonly told: ToldRace | null;
  readonly condition: ConditionName | null;
  /** What the receiver called it when it was told of first, such as the number of an issue. */
  readonly reference: string | null;
}

/** How an alert begins in the words of people. */
export const kindTitles: Readonly<Record<AlertKind, string>> = {
  new: 'New race',
  regressed: 'A resolved race is back',
  escalated: 'More is known of a race',
  condition: 'Condition of the server',
  test: 'Test',
};

/** An alert about a race. */
export function raceAlert(
  told: ToldRace,
  {
    kind,
    atMs,
    publicUrl,
    reference,
  }: {
    readonly kind: News;
    readonly atMs: number;
    readonly publicUrl: string | null;
    readonly reference: string | null;
  },
): Alert {
  const { race } = told;
  return {
    id: `${race.fingerprint}-${kind}-${atMs}`,
    kind,
    atMs,
    severity: race.severity === 'CRITICAL' ? 'critical' : 'warning',
    title: titleOf(race),
    meaning: meaningOf(race),
    url: pageOf(publicUrl, `races/${race.fingerprint}`),
    told,
    condition: null,
    reference,
  };
}

/** An alert about the server itself. */
export function conditionAlert(
  condition: ConditionName,
  atMs: number,
  publicUrl: string | null,
): Alert {
  const { severity, title, meaning } = conditionTexts[condition];
  return {
    id: `${condition}-${atMs}`,
    kind: 'condition',
    atMs,
    severity,
    title,
    meaning,
    url: pageOf(publicUrl, 'settings'),
    told: null,
    condition,
    reference: null,
  };
}

/** An alert that says nothing but that it arrives. */
export function testAlert(atMs: number, publicUrl: string | null): Alert {
  return {
    id: `test-${atMs}`,
    kind: 'test',
    atMs,
    severity: 'info',
    title: 'Raceway can write here',
    meaning: 'Somebody tried this receiver by `raceway alert test`; nothing is wrong.',
    url: pageOf(publicUrl, ''),
    told: null,
    condition: null,
    reference: null,
  };
}

function pageOf(publicUrl: string | null, path: string): string | null {
  if (publicUrl === null) return null;
  const { origin, pathname } = new URL(publicUrl);
  return `${origin}${pathname.replace(/\/$/, '').replaceAll('|', '%7C')}/${path}`;
}
