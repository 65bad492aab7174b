import type { Issue } from '../api/types.ts';
import { count as shown } from './format.ts';

type Pattern = Issue['pattern'];
type Evidence = Issue['evidence'];

/** What happened, as the beginning of "… `variable`". */
const patternWords: Readonly<Record<Pattern, string>> = {
  lost_update: 'Lost update of',
  double_submit: 'The same done twice to',
  check_then_insert: 'Two put where there was nothing:',
  check_then_act: 'A decision overtaken on',
  dirty_read: 'Dirty read of',
  write_skew: 'Write skew over',
  non_repeatable_read: 'Two different reads of',
  write_write: 'Two writes race for',
  read_write: 'A read and a write race for',
};

/** What happened, in words; a pattern of a newer server is shown as it is called. */
export function patternTitle(pattern: string): string {
  return Object.hasOwn(patternWords, pattern)
    ? patternWords[pattern as Pattern]
    : `${sentence(pattern.replaceAll('_', ' '))} of`;
}

export function patternName(pattern: string): string {
  return sentence(pattern.replaceAll('_', ' '));
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

type Counted = Pick<Issue, 'evidence' | 'count' | 'pairs_possible'>;

/** How often a race was seen: of what is only possible the server counts what could have met. */
export function seenTimes({ evidence, count }: Counted): number {
  return evidence === 'E0' ? 0 : count;
}

/** The same in words: `6 times`. */
export function seenWords(issue: Counted): string {
  const times = seenTimes(issue);
  if (times === 0) return 'not yet';
  return times === 1 ? 'once' : `${shown(times)} times`;
}

/** Of how many pairs that could meet so: `15 pairs at risk`. */
export function riskWords({ pairs_possible: pairs }: Counted): string {
  return pairs === 1 ? '1 pair at risk' : `${shown(pairs)} pairs at risk`;
}

/** How sure a finding is, in few words. */
export const evidenceWords: Readonly<Record<Evidence, string>> = {
  E0: 'could have met',
  E1: 'overlapped',
  E2: 'came between each other',
  E3: 'values prove it',
  E4: 'several variables agree',
};

/** The same as steps, each with what it says. */
export const evidenceSteps: readonly { readonly level: Evidence; readonly says: string }[] = [
  { level: 'E0', says: 'Same variable, two requests' },
  { level: 'E1', says: 'Their accesses overlapped in time' },
  {
    level: 'E2',
    says: 'They came between each other: no order one after the other explains it',
  },
  { level: 'E3', says: 'The values they left behind prove it' },
  { level: 'E4', says: 'Several variables agree' },
];

type RowCertainty = Issue['row'];

/** How surely both sides are about one row, in few words and in a sentence; null: that needs no word. */
export const rowWords: Readonly<
  Record<RowCertainty, { readonly chip: string; readonly says: string } | null>
> = {
  exact: null,
  hinted: {
    chip: 'row told by the path',
    says: 'Which row it was is told by the path of the request alone, not by the statements.',
  },
  unknown: {
    chip: 'row not known',
    says: 'Nobody knows whether both sides are about one row: the statements come without their parameters.',
  },
};

/** A path whose last part names a file, before whatever else tells of the place. */
const directories = /^\S*\/(?=[^\s/]*(?:\.|:\d))/;

/**
 * What a person calls a place: a file without its directories; what a span did without the operation
 * that it was part of, where that is told beside it.
 */
export function shortPlace(location: string, operation: string | null = null): string {
  const lead = `${operation ?? ''}: `;
  if (lead.length > 2 && location.startsWith(lead)) return location.slice(lead.length);
  return location.replace(directories, '');
}

/** Releases of services: the release alone where one service has one. */
export function releaseText(seen: Issue['first_release']): string {
  const [only] = seen;
  if (only !== undefined && seen.length === 1) return only.release;
  return seen.map(({ service, release }) => `${service} ${release}`).join(', ');
}

/** The part of an id that people compare. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(0, 8) : id;
}
