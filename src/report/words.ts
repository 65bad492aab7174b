import { plainText } from './plain-text.ts';
import type { Place, Race } from './race.ts';

// Whatever is told of a race in words is plain: no caller has to think of it.

/** What a pattern is called. */
const titles: ReadonlyMap<string, string> = new Map([
  ['lost_update', 'Lost update'],
  ['double_submit', 'Double submit'],
  ['check_then_insert', 'Check, then insert'],
  ['check_then_act', 'Check, then act'],
  ['dirty_read', 'Dirty read'],
  ['write_skew', 'Write skew'],
  ['non_repeatable_read', 'Unrepeatable read'],
  ['write_write', 'Two writes without an order'],
  ['read_write', 'A read and a write without an order'],
]);

/** What a pattern means, in one sentence. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['lost_update', 'Both read before the other wrote; the first change is gone.'],
  ['double_submit', 'The same thing was done twice at once.'],
  ['check_then_insert', 'Both saw that it was not there, and both made it.'],
  ['check_then_act', 'It acted on a check that no longer held.'],
  ['dirty_read', 'It read what another had only written on the way.'],
  ['write_skew', 'Each wrote what the other had read; each is right alone.'],
  ['non_repeatable_read', 'It read one thing twice and found two values.'],
  ['write_write', 'Both write, and nothing says which is last.'],
  ['read_write', 'One reads what the other writes, and nothing says which is first.'],
]);

const evidenceWords: ReadonlyMap<string, string> = new Map([
  ['E0', 'possible'],
  ['E1', 'at one time'],
  ['E2', 'interleaved'],
  ['E3', 'values prove it'],
  ['E4', 'a cycle proves it'],
]);

/** Lost update of `db:accounts.7`; a pattern of a newer server stands as it is. */
export function titleOf(race: Race): string {
  return plainText(`${patternTitleOf(race)} of ${race.variable}`);
}

/** `Seen 6 times, 15 pairs at risk`: how often it happened, and of how many pairs that could meet so. */
export function seenText(race: Race): string {
  const times = seenTimes(race);
  const seen = times === 0 ? 'Not seen yet' : `Seen ${times === 1 ? 'once' : `${times} times`}`;
  const { pairsAtRisk } = race;
  if (pairsAtRisk === null) return seen;
  return `${seen}, ${pairsAtRisk} ${pairsAtRisk === 1 ? 'pair' : 'pairs'} at risk`;
}

/** The same in a cell: `6 of 15`. */
export function seenOfText(race: Race): string {
  const { pairsAtRisk } = race;
  return `${seenTimes(race)}${pairsAtRisk === null ? '' : ` of ${pairsAtRisk}`}`;
}

/** Of what is only possible the server counts what could have met. */
function seenTimes({ count, evidence }: Race): number {
  return evidence === 'E0' ? 0 : count;
}

/** What the pattern of a race is called. */
export function patternTitleOf({ pattern }: Race): string {
  return plainText(titles.get(pattern) ?? pattern.replaceAll('_', ' '));
}

/** What a pattern means, in one sentence; of a pattern of a newer server, what happened. */
export function meaningOf(race: Race): string {
  return meanings.get(race.pattern) ?? explanationOf(race);
}

/** What happened in this very case, with its values; empty when nothing is known of it. */
export function explanationOf(race: Race): string {
  return plainText(race.explanation, 400);
}

export function evidenceOf(race: Race): string {
  const words = evidenceWords.get(race.evidence);
  return plainText(words === undefined ? race.evidence : `${race.evidence}, ${words}`);
}

/** Ways to close a race, likeliest first, as the server tells them: a line each. They are options. */
export function remediesOf({ remedies }: Race): string[] {
  return remedies.map(({ title, text, example }) =>
    plainText(`${unended(title)}: ${example === '' ? unended(text) : example}`, 240),
  );
}

function unended(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** Whether a place tells its operation itself: those of spans begin with it, those of marks end with their span. */
export function says(location: string, operation: string): boolean {
  return (
    location === operation ||
    location.startsWith(`${operation}: `) ||
    location.endsWith(` ${operation}`)
  );
}

/** Where an access is, for people: operation, function and location, as far as they are known. */
export function placeText({ operation, function: name, location, service }: Place): string {
  const parts = [operation, name].filter((part) => part !== null && !says(location, part));
  const where = [...parts, location].filter((part) => part !== '').join(', ');
  return plainText(service === '' ? where : `${where} (${service})`);
}

/** What an access does, as a verb. */
export function verbOf(accessType: string): string {
  if (/rmw/i.test(accessType)) return 'changes';
  if (/write/i.test(accessType)) return 'writes';
  return /read/i.test(accessType) ? 'reads' : plainText(accessType.toLowerCase(), 20);
}
