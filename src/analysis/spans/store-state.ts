import { type Dialect, dialectOf } from '../statements/dialect.ts';
import type { Isolation, LockSpan } from '../statements/effect.ts';
import { SetReads } from './set-reads.ts';
import type { StoredSpan } from './span.ts';

/** Libraries that show every step of a transaction: without a BEGIN there is none. */
const SHOWS_TRANSACTIONS = /instrumentation-(?:pg|mysql2?)$|asyncpg|otelpgx|otelsql/i;

/** Where no update is lost at the level of repeatable reads. */
const REPEATABLE_IS_ORDERED: ReadonlySet<Dialect> = new Set(['postgresql', 'mssql']);

/** What is known of one store while the steps of a request are walked through. */
export class StoreState {
  /** How variables of the store begin: `db:shop.`, `redis:127.0.0.1:6379/0:`. */
  readonly prefix: string;
  readonly dialect: Dialect;
  readonly #showsTransactions: boolean;
  /** A transaction was seen to begin, and not to end. */
  isOpen = false;
  /** Place among the drafts at which the present attempt began. */
  attemptStart = 0;
  isolation: Isolation | null = null;
  sessionIsolation: Isolation | null = null;
  /** What the next transaction was said to be, before it began. */
  nextIsolation: Isolation | null = null;
  /** When the first attempt began that the store refused because transactions could not be put in an order. */
  refusedFromNs: bigint | null = null;
  /** Rows that the transaction has locked. */
  readonly lockedRows = new Set<string>();
  /** Tables by the place of the first write: from there on the path of the request tells no more. */
  readonly writtenTables: Map<string, number>;
  /** Locks by name, given up or not. */
  readonly locks = new Map<string, { readonly type: string; readonly until: LockSpan }>();
  readonly savepoints = new Map<string, number>();
  /** Tables in which the store itself refuses a second row. */
  readonly uniqueTables: Set<string>;
  /** Sets of columns by which rows were looked for, by table. */
  readonly lookups: Map<string, Map<string, readonly string[]>>;
  /** Place of the last read among the drafts. */
  lastRead = -1;
  /** The same of the last write. */
  lastWrite = -1;
  readonly sets: SetReads;
  readonly watchedRows = new Set<string>();
  isEverythingWatched = false;

  /** The branch of the request that knows the store so; '' for the request as a whole. */
  readonly branchName: string;
  /** The store as the request as a whole knows it. */
  readonly whole: StoreState;
  readonly #branches = new Map<string, StoreState>();

  constructor(span: StoredSpan, branchName = '', whole: StoreState | null = null) {
    this.branchName = branchName;
    this.whole = whole ?? this;
    this.writtenTables = whole?.writtenTables ?? new Map();
    this.uniqueTables = whole?.uniqueTables ?? new Set();
    this.lookups = whole?.lookups ?? new Map();
    this.sets = whole?.sets ?? new SetReads();
    this.dialect = dialectOf(span.text('dbSystem'));
    this.prefix = prefixOf(span, this.dialect);
    this.#showsTransactions = SHOWS_TRANSACTIONS.test(span.scope);
  }

  /** Values stand under keys of their own, without tables or columns. */
  get isKeyed(): boolean {
    return !this.prefix.startsWith('db:');
  }

  /** Whether each statement is surely a transaction of its own. */
  get isAutocommit(): boolean {
    return this.#showsTransactions && !this.isOpen;
  }

  /** Whether the present attempt surely or perhaps holds locks, but for those of plain reads. */
  get hasLocked(): boolean {
    if (this.lockedRows.size > 0 || this.locks.size > 0) return true;
    return this.lastWrite >= this.attemptStart;
  }

  /** Whether the store lets no transaction commit that changes what another one changed since it began. */
  get isOrdered(): boolean {
    if (this.refusedFromNs !== null) return true;
    if (!this.isOpen && this.#showsTransactions) return false;
    if (this.isolation === 'serializable' || this.isolation === 'snapshot') return true;
    // In MySQL who reads so may still overwrite what he never saw.
    return this.isolation === 'repeatable read' && REPEATABLE_IS_ORDERED.has(this.dialect);
  }

  /** Whether it also keeps transactions apart that change rows which another one only looked for. */
  get isSerial(): boolean {
    return this.isOrdered && this.isolation !== 'repeatable read' && this.isolation !== 'snapshot';
  }

  /** The store as a branch of the request knows it, whose transactions are its own. */
  branch(span: StoredSpan, name: string): StoreState {
    let branch = this.#branches.get(name);
    if (branch === undefined) {
      branch = new StoreState(span, name, this.whole);
      branch.sessionIsolation = this.sessionIsolation;
      branch.isolation = this.sessionIsolation;
      branch.refusedFromNs = this.refusedFromNs;
      this.#branches.set(name, branch);
    }
    return branch;
  }

  begin(place: number, isolation: Isolation | null): void {
    this.#startAttempt(place);
    this.isOpen = true;
    this.isolation = isolation ?? this.nextIsolation ?? this.sessionIsolation;
    this.nextIsolation = null;
  }

  end(place: number): void {
    this.#startAttempt(place);
    this.isOpen = false;
    this.isolation = this.sessionIsolation;
    this.watchedRows.clear();
    this.isEverythingWatched = false;
  }

  /** Forgets what happened from a place on. */
  undo(from: number): void {
    for (const [table, place] of this.writtenTables) {
      if (place >= from) this.writtenTables.delete(table);
    }
  }

  #startAttempt(place: number): void {
    this.attemptStart = place;
    this.lockedRows.clear();
    this.savepoints.clear();
  }
}

/** Names one store: statements of one name meet there. */
export function storeKey(span: StoredSpan): string {
  return `${span.text('dbSystem')} ${prefixOf(span, dialectOf(span.text('dbSystem')))}`;
}

function prefixOf(span: StoredSpan, dialect: Dialect): string {
  if (span.text('dbSystem') === '') return 'http:';
  const namespace = span.text('dbNamespace');
  if (dialect !== 'redis') {
    const [database = ''] = namespace.split('|');
    return database === '' ? 'db:' : `db:${database}.`;
  }
  const index = span.attribute('db.redis.database_index') ?? (namespace === '' ? 0 : namespace);
  return `redis:${addressOf(span)}/${String(index)}:`;
}

/** Host and port as the client names them; '' when it does not. */
export function addressOf(span: StoredSpan): string {
  const connection = span.attribute('db.connection_string');
  if (typeof connection === 'string') {
    const [, host] = /^\w+:\/\/(?:[^@/]*@)?([^/?#]+)/.exec(connection) ?? [];
    if (host !== undefined) return host;
  }
  const host = span.text('serverAddress');
  const port = span.text('serverPort');
  return port === '' ? host : `${host}:${port}`;
}
