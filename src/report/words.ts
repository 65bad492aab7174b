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
  ['lost_update', 'Both read the same value and wrote; the first change is gone.'],
  ['double_submit', 'The same thing was done twice at once.'],
  ['check_then_insert', 'Both saw that it was not there, and both made it.'],
  ['check_then_act', 'It acted on a check that no longer held.'],
  ['dirty_read', 'It read what another had only written on the way.'],
  ['write_skew', 'Each wrote what the other had read; each is right alone.'],
  ['non_repeatable_read', 'It read one thing twice and found two values.'],
  ['write_write', 'Both write, and nothing says which is last.'],
  ['read_write', 'One reads what the other writes, and nothing says which is first.'],
]);

const atomicRemedy =
  'let the store make the change in one step (UPDATE … SET x = x - 1 WHERE …), which needs no read';
const versionRemedy =
  'write only if the value is still the one that was read (a version column, If-Match), else start over';
const uniqueRemedy =
  'let a unique index decide (INSERT … ON CONFLICT DO NOTHING), and take the refusal as an answer';
const snapshotRemedy = 'read from one snapshot: a transaction with REPEATABLE READ';
const serializableRemedy =
  'run both as SERIALIZABLE transactions and start over the one that is refused';
const keyRemedy = 'give each submission a key that is stored once (an idempotency key)';
const meetingRemedy = 'make them meet: let both lock or write one row that stands for the rule';

const remedies: ReadonlyMap<string, readonly string[]> = new Map([
  ['lost_update', [atomicRemedy, versionRemedy]],
  ['double_submit', [keyRemedy, uniqueRemedy]],
  ['check_then_insert', [uniqueRemedy]],
  ['check_then_act', [atomicRemedy, versionRemedy]],
  ['dirty_read', ['read only what was committed: READ COMMITTED or stronger']],
  ['write_skew', [serializableRemedy, meetingRemedy]],
  ['non_repeatable_read', [snapshotRemedy]],
  ['write_write', [versionRemedy]],
  ['read_write', [snapshotRemedy]],
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

/** Ways to close a race, likeliest first. The code knows more than its traces: they are options. */
export function remediesFor(race: Race): string[] {
  return [plainText(lockRemedy(race.places), 240), ...(remedies.get(race.pattern) ?? [])];
}

/** A lock that one side holds and the other lacks is the likeliest fault. */
function lockRemedy([one, other]: Race['places']): string {
  const [shared] = one.locks.filter((name) => other.locks.includes(name));
  if (shared !== undefined) {
    return `hold ${shared} from the read to the write: both take it, but not around all of it`;
  }
  const [holder, bare] = one.locks.length > 0 ? [one, other] : [other, one];
  const [held] = holder.locks;
  if (held === undefined) {
    return 'take one lock on both sides (SELECT … FOR UPDATE in a transaction), from before the read to after the write';
  }
  return bare.locks.length > 0
    ? `take the same lock on both sides: one holds ${held}, the other ${bare.locks[0]}`
    : `take ${held} at ${placeText(bare)} too: the other side already does`;
}

/** Where an access is, for people: operation, function and location, as far as they are known. */
export function placeText({ operation, function: name, location, service }: Place): string {
  const parts = [operation, name].filter((part) => part !== null && part !== location);
  const where = [...parts, location].filter((part) => part !== '').join(', ');
  return plainText(service === '' ? where : `${where} (${service})`);
}

/** What an access does, as a verb. */
export function verbOf(accessType: string): string {
  if (/rmw/i.test(accessType)) return 'changes';
  if (/write/i.test(accessType)) return 'writes';
  return /read/i.test(accessType) ? 'reads' : plainText(accessType.toLowerCase(), 20);
}
