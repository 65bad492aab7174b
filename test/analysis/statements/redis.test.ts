import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectsText } from './effect-text.ts';

/** A command as some instrumentation writes it, and what each of its effects is. */
const cases: readonly (readonly [text: string, effects: readonly string[]])[] = [
  ['get counter:a', ['read [key=counter:a] ()']],
  ['GET ?', ['read [key=null] ()']],
  ['set counter:a [1 other arguments]', ['write [key=counter:a] (=null)']],
  ['SET counter:a ?', ['write [key=counter:a] (=null)']],
  ['SET ? ?', ['write [key=null] (=null)']],
  ['set counter:a 10', ['write [key=counter:a] (=10)']],
  [
    'set lock:counter:a 10zsb66jem7by ex 10 nx',
    ['lock key lock:counter:a exclusive until release try'],
  ],
  ['SET lock:a tok NX PX 30000', ['lock key lock:a exclusive until release try']],
  ['set lock:counter:a [4 other arguments]', ['write [key=lock:counter:a] *']],
  ['SET lock:a ? ? ? ?', ['write [key=lock:a] *']],
  ['SET ? ? ? ? ?', ['write [key=null] *']],
  ['set cache:a hello world EX 60', ['write [key=cache:a] (=hello world)']],
  ['set a b GET', ['write [key=a] (:own)']],
  ['SETNX lock:a 1', ['lock key lock:a exclusive until release try']],
  ['incr counter:a', ['write [key=counter:a] (:own)']],
  ['INCRBY ? ?', ['write [key=null] (:own)']],
  [
    "eval if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end 1 lock:counter:a 10zsb66",
    ['unlock key lock:counter:a'],
  ],
  ['EVAL ? ? ? ?', ['write [key=null] (:own)']],
  [
    "EVAL if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end 1 lock:a ?",
    ['unlock key lock:a'],
  ],
  ['evalsha 3f2a 1 lock:a tok', ['write [key=lock:a] (:own)']],
  [
    "eval return redis.call('incrby', KEYS[1], ARGV[1]) 1 stock:1 1 5",
    ['write [key=stock:1] (:own)'],
  ],
  ["eval return redis.call('get', KEYS[1]) 1 stock:1", ['read [key=stock:1] *']],
  [
    "EVAL if ((redis.call('exists', KEYS[1]) == 0) or (redis.call('hexists', KEYS[1], ARGV[2]) == 1)) then redis.call('hincrby', KEYS[1], ARGV[2], 1); redis.call('pexpire', KEYS[1], ARGV[1]); return nil; end; return redis.call('pttl', KEYS[1]); 1 myLock 30000 x:1",
    ['lock key myLock exclusive until release try'],
  ],
  [
    'multi\nset counter:a 10\nexec',
    ['transaction begin', 'write [key=counter:a] (=10)', 'transaction commit'],
  ],
  ['MULTI', ['transaction begin']],
  ['EXEC', ['transaction commit']],
  ['discard', ['transaction rollback']],
  ['watch [1 other arguments]', ['watch ?']],
  ['WATCH counter:a b', ['watch counter:a,b']],
  ['UNWATCH', ['watch ']],
  ['HGET cart:1 total', ['read [key=cart:1] (total)']],
  ['hget cart:1 [1 other arguments]', ['read [key=cart:1] (*)']],
  ['HSET cart:1 total 5', ['write [key=cart:1] (total=5)']],
  ['hset cart:1 total [1 other arguments]', ['write [key=cart:1] (total=null)']],
  ['HSET cart:1 total ?', ['write [key=cart:1] (total=null)']],
  ['HSET cart:1 a 1 b 2', ['write [key=cart:1] (a=1,b=2)']],
  ['HMGET cart:1 a b', ['read [key=cart:1] (a,b)']],
  ['HGETALL cart:1', ['read [key=cart:1] (*)']],
  ['HINCRBY cart:1 total 5', ['write [key=cart:1] (total:own)']],
  ['mset a 1 b 2', ['write [key=a] (=1)', 'write [key=b] (=2)']],
  ['MGET a b', ['read [key=a] ()', 'read [key=b] ()']],
  ['mset a [3 other arguments]', ['write [key=a] (=null)', 'write [key=null] (=null)']],
  ['DEL a b', ['delete [key=a]', 'delete [key=b]']],
  ['del ?', ['delete [key=null]']],
  ['LPUSH queue x', ['write [key=queue] (:own)']],
  ['SADD s m', ['write [key=s] (:own)']],
  ['EXISTS a', ['read [key=a] ()']],
  ['FLUSHDB', ['delete [?]']],
  ['PING', []],
  ['client SETINFO LIB-NAME jedis', []],
  ['hello [1 other arguments]', []],
  ['FROB a b', ['unknown other']],
  ['SET a line one\nline two', ['write [key=a] (=line one line two)']],
];

for (const [text, effects] of cases) {
  test(`Redis: ${text.replace(/\s+/g, ' ')}`, () => {
    assert.deepEqual(effectsText('redis', text), effects);
  });
}

test('the name of the span stands in for a command that has no text', () => {
  assert.deepEqual(effectsText('redis', '', {}, 'GET'), ['read [key=null] ()']);
  assert.deepEqual(effectsText('redis', '', {}, 'redis.pipeline'), ['unknown other']);
});
