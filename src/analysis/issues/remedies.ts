import type { PairScope, Pattern } from '../../domain/findings/finding.ts';
import type { AccessSite } from '../../domain/findings/footprint.ts';
import type { Remedy } from '../../domain/findings/remedy.ts';
import { documentRemedies } from './document-remedies.ts';
import { lockRemedy } from './lock-remedy.ts';
import { namesOf, storeOf } from './remedy-store.ts';
import { sqlRemedies } from './sql-remedies.ts';

/** What of a race, found or potential, its remedies depend on. */
export interface Raced {
  readonly pattern: Pattern;
  readonly variable: string;
  readonly scope: PairScope;
  /** The first and the last are those that meet. */
  readonly sites: readonly AccessSite[];
}

/** Ways to close a race where it was seen, likeliest first: by its locks, and by its store. */
export function remediesFor(raced: Raced): readonly Remedy[] {
  const [first, last] = [raced.sites[0], raced.sites.at(-1)];
  const byLocks = first === undefined || last === undefined ? null : lockRemedy(first, last);
  return [...(byLocks === null ? [] : [byLocks]), ...remediesOfStore(raced)];
}

function remediesOfStore({ pattern, variable, scope, sites }: Raced): readonly Remedy[] {
  const store = storeOf(variable, scope === 'process', sites);
  switch (store) {
    case 'memory':
      return memoryRemedies(pattern);
    case 'redis':
      return redisRemedies(pattern);
    case 'http':
      return [ifMatch];
    case 'mongodb':
    case 'dynamodb':
      return documentRemedies(store, pattern, namesOf(variable));
    case 'other':
      return [conditionalWrite, keyLock];
    default:
      return sqlRemedies(store, pattern, namesOf(variable));
  }
}

const mutex: Remedy = {
  kind: 'mutex',
  title: 'Hold one mutex from the read to the write.',
  text: 'Every place that touches the variable takes the same mutex, and none awaits anything else while it holds it. Further instances of the service have memory of their own: what they share belongs into a store.',
  example: 'await mutex.runExclusive(async () => { value = await next(value); });',
};

const atomicCounter: Remedy = {
  kind: 'atomic_update',
  title: 'Change it in one step.',
  text: 'An atomic counter, or a compare-and-set in a loop, leaves nothing between the read and the write.',
  example: 'counter.fetchAdd(change)   // AtomicLong.addAndGet, Interlocked.Add, atomic.AddInt64',
};

const single: Remedy = {
  kind: 'idempotency_key',
  title: 'Let those that come together share one attempt.',
  text: 'Keep the promise of the first attempt by its key, and give it to whoever comes while it is under way.',
  example: 'pending.get(key) ?? start(key)',
};

function memoryRemedies(pattern: Pattern): readonly Remedy[] {
  if (pattern === 'double_submit' || pattern === 'check_then_insert') return [single, mutex];
  return [mutex, atomicCounter];
}

const script: Remedy = {
  kind: 'script',
  title: 'Let Redis do it in one step: a command, or a script in Lua.',
  text: 'Nothing else runs while a script does, so that what it read still holds when it writes.',
  example:
    "EVAL \"local v = tonumber(redis.call('GET', KEYS[1]) or '0'); if v < tonumber(ARGV[1]) then return 0 end; redis.call('DECRBY', KEYS[1], ARGV[1]); return 1\" 1 key amount",
};

const watch: Remedy = {
  kind: 'watch',
  title: 'Watch the key, and write only if it stayed as it was.',
  text: 'EXEC answers nil when the key changed since WATCH: start over then.',
  example: 'WATCH key · GET key · MULTI · SET key value · EXEC',
};

const keyLock: Remedy = {
  kind: 'key_lock',
  title: 'Take a lock with SET … NX around the read and the write.',
  text: 'Only one gets it. It has a time to live, and only who holds the token releases it; work that takes longer needs a longer one.',
  example:
    "SET lock:key token NX PX milliseconds … EVAL \"if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end\" 1 lock:key token",
};

const setIfAbsent: Remedy = {
  kind: 'conditional_write',
  title: 'Put it with SET … NX, and take the answer.',
  text: 'Whoever comes second is told that it is there already: no check comes before.',
  example: 'SET key value NX',
};

function redisRemedies(pattern: Pattern): readonly Remedy[] {
  if (pattern === 'double_submit' || pattern === 'check_then_insert') return [setIfAbsent, script];
  return [script, watch, keyLock];
}

const ifMatch: Remedy = {
  kind: 'if_match',
  title: 'Send If-Match with the ETag that was read.',
  text: 'The server answers 412 when the resource changed meanwhile: read it again, and start over. The server has to compare and write in one step.',
  example: 'PUT /resource · If-Match: "etag"',
};

const conditionalWrite: Remedy = {
  kind: 'conditional_write',
  title: 'Write only if it is still what was read.',
  text: 'Most stores have a conditional write: by version, by ETag, or if absent. What it refuses is read again and tried anew.',
  example: 'put(key, value, { ifVersion: version })',
};
