/** What a command does to its keys. */
export type RedisAction =
  /** Reads a value, or a field where the command names some. */
  | 'read'
  /** Sets a value that the client made. */
  | 'write'
  /** Changes what is there by itself. */
  | 'change'
  | 'delete'
  /** Touches no data that others share. */
  | 'idle'
  | 'multi'
  | 'exec'
  | 'discard'
  | 'watch'
  | 'unwatch'
  | 'set'
  | 'setnx'
  | 'eval'
  | 'flush';

/** Which words of a command are keys, and which fields of them are meant. */
export type RedisShape =
  /** `NAME key …`: the value as a whole. */
  | 'key'
  /** `NAME key key …` */
  | 'keys'
  /** `NAME key value key value …` */
  | 'pairs'
  /** `NAME key field …` */
  | 'field'
  /** `NAME key field field …` */
  | 'fields'
  /** `NAME key field value field value …` */
  | 'field pairs'
  /** `NAME key …`: all fields. */
  | 'all fields';

export interface RedisMeaning {
  readonly action: RedisAction;
  readonly shape: RedisShape;
}

/** Commands by what they do and name. */
const TABLE: readonly (readonly [RedisAction, RedisShape, string])[] = [
  [
    'read',
    'key',
    'GET GETRANGE SUBSTR STRLEN GETBIT BITCOUNT BITPOS GETEX LRANGE LINDEX LLEN LPOS',
  ],
  ['read', 'key', 'SMEMBERS SISMEMBER SMISMEMBER SCARD SRANDMEMBER SSCAN ZRANGE ZRANGEBYSCORE'],
  [
    'read',
    'key',
    'ZRANGEBYLEX ZREVRANGE ZREVRANGEBYSCORE ZSCORE ZMSCORE ZCARD ZCOUNT ZRANK ZREVRANK',
  ],
  ['read', 'key', 'ZSCAN XRANGE XREVRANGE XLEN PFCOUNT JSON.GET'],
  ['read', 'keys', 'MGET EXISTS SINTER SUNION SDIFF'],
  ['read', 'field', 'HGET HEXISTS HSTRLEN'],
  ['read', 'fields', 'HMGET'],
  ['read', 'all fields', 'HGETALL HKEYS HVALS HLEN HSCAN HRANDFIELD'],
  ['write', 'key', 'SETEX PSETEX JSON.SET RESTORE'],
  ['write', 'pairs', 'MSET'],
  ['write', 'field pairs', 'HSET HMSET'],
  ['change', 'key', 'INCR INCRBY INCRBYFLOAT DECR DECRBY APPEND GETSET SETRANGE SETBIT BITFIELD'],
  ['change', 'key', 'LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LREM LTRIM LSET LINSERT LMOVE RPOPLPUSH'],
  ['change', 'key', 'BLPOP BRPOP BLMOVE SADD SREM SPOP SMOVE ZADD ZINCRBY ZREM ZPOPMIN ZPOPMAX'],
  ['change', 'key', 'ZREMRANGEBYSCORE ZREMRANGEBYRANK XADD XDEL XTRIM PFADD GEOADD JSON.NUMINCRBY'],
  ['change', 'pairs', 'MSETNX'],
  ['change', 'field', 'HINCRBY HINCRBYFLOAT HSETNX'],
  ['change', 'fields', 'HDEL'],
  ['delete', 'key', 'GETDEL RENAME RENAMENX'],
  ['delete', 'keys', 'DEL UNLINK'],
  ['set', 'key', 'SET'],
  ['setnx', 'key', 'SETNX'],
  ['eval', 'key', 'EVAL EVALSHA FCALL EVAL_RO EVALSHA_RO FCALL_RO'],
  ['flush', 'key', 'FLUSHDB FLUSHALL'],
  ['multi', 'key', 'MULTI'],
  ['exec', 'key', 'EXEC'],
  ['discard', 'key', 'DISCARD'],
  ['watch', 'keys', 'WATCH'],
  ['unwatch', 'key', 'UNWATCH'],
  [
    'idle',
    'key',
    'ACL AUTH CLIENT CLUSTER COMMAND CONFIG CONNECT DBSIZE ECHO EXPIRE EXPIREAT HELLO',
  ],
  [
    'idle',
    'key',
    'INFO KEYS LASTSAVE MONITOR OBJECT PERSIST PEXPIRE PEXPIREAT PING PSUBSCRIBE PTTL',
  ],
  [
    'idle',
    'key',
    'PUBLISH PUNSUBSCRIBE QUIT READONLY RESET ROLE SCAN SCRIPT SELECT SUBSCRIBE TIME TTL',
  ],
  ['idle', 'key', 'TYPE TOUCH UNSUBSCRIBE WAIT'],
];

const MEANINGS: ReadonlyMap<string, RedisMeaning> = new Map(
  TABLE.flatMap(([action, shape, names]) =>
    names.split(' ').map((name) => [name, { action, shape }] as const),
  ),
);

/** What a command means, by its name in upper case; undefined for one that is not known. */
export function redisMeaning(name: string): RedisMeaning | undefined {
  return MEANINGS.get(name);
}

/** Whether a name, in upper case, is one of a known command. */
export function isRedisCommand(name: string): boolean {
  return MEANINGS.has(name);
}
