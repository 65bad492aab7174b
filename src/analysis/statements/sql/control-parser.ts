import type { Dialect } from '../dialect.ts';
import type { Effect, LockStrength, TransactionEffect } from '../effect.ts';
import { isolationOf } from '../isolation.ts';
import { lockEffects } from '../meaning/lock-functions.ts';
import type { Control } from '../meaning/query.ts';
import type { TemplateValue } from '../template.ts';
import type { ExpressionParser } from './expression-parser.ts';
import { NotUnderstood, type TokenCursor } from './token-cursor.ts';

/** First words of statements that touch no data that others share. */
const IDLE = new Set(
  (
    'alter analyze check close comment create deallocate desc describe drop explain flush grant help ' +
    'kill optimize pragma prepare print reindex revoke show use vacuum waitfor'
  ).split(' '),
);

/** How the level of isolation is set, in the spelling of statements and of variables. */
const LEVEL =
  /\b(?:isolation level|t(?:x|ransaction)_isolation =) (read[- ]uncommitted|read[- ]committed|repeatable[- ]read|serializable|snapshot)/;

/** A statement about transactions and locks, or that touches no data; null when another one begins. */
export function controlQuery(
  cursor: TokenCursor,
  expressions: ExpressionParser,
  dialect: Dialect,
): Control | null {
  skipTransactionTest(cursor);
  const steps = transactionSteps(cursor, dialect);
  if (steps !== null) return control(steps);
  if (cursor.takeIf('set')) return control(settings(cursor, dialect));
  if (cursor.takeIf('do')) return control(lockEffects(expressions.list()));
  if (cursor.takeIf('lock')) return control(tableLocks(cursor));
  if (cursor.takeIf('unlock')) {
    cursor.take();
    return control([{ kind: 'unlock', what: 'table', name: null, all: true }]);
  }
  if (cursor.takeIf('truncate')) return control([truncation(cursor)]);
  if (cursor.takeOne('exec', 'execute') !== null) return control([applicationLock(cursor)]);
  const first = cursor.peek();
  if (first?.kind !== 'word' || !IDLE.has(first.text)) return null;
  skipStatement(cursor);
  return control([]);
}

function control(effects: readonly Effect<TemplateValue>[]): Control {
  return { kind: 'control', effects };
}

function skipStatement(cursor: TokenCursor): void {
  while (cursor.peek() !== undefined && !cursor.isNext(';')) cursor.take();
}

/** The driver of SQL Server for Java asks first whether there is something to end. */
function skipTransactionTest(cursor: TokenCursor): void {
  if (!cursor.takeIf('if')) return;
  const isTest = cursor.takeIf('@') && cursor.take().text.toLowerCase() === 'trancount';
  if (!isTest || !cursor.takeIf('>')) throw new NotUnderstood('a condition');
  cursor.take();
}

function step(
  name: TransactionEffect['step'],
  savepoint = '',
  isolation: TransactionEffect['isolation'] = null,
): TransactionEffect {
  return { kind: 'transaction', step: name, isolation, name: savepoint };
}

function transactionSteps(
  cursor: TokenCursor,
  dialect: Dialect,
): readonly TransactionEffect[] | null {
  if (cursor.takeIf('begin') || cursor.takeIf('start', 'transaction')) {
    if (cursor.isNext('try') || cursor.isNext('catch')) throw new NotUnderstood('a block');
    const kinds = ['deferred', 'immediate', 'exclusive', 'concurrent'];
    cursor.takeOne(...kinds);
    const hadWord = cursor.takeOne('transaction', 'tran', 'work') !== null;
    if (hadWord || cursor.isNext('with') || cursor.isNext('read')) skipStatement(cursor);
    // SQLite keeps transactions apart as if each ran alone.
    return [step('begin', '', dialect === 'sqlite' ? 'serializable' : null)];
  }
  if (cursor.takeOne('commit', 'end') !== null) return ended(cursor, 'commit');
  if (cursor.takeIf('rollback')) {
    cursor.takeOne('transaction', 'tran', 'work');
    if (cursor.takeIf('to')) {
      cursor.takeIf('savepoint');
      return [step('rollback to', cursor.name())];
    }
    return ended(cursor, 'rollback');
  }
  if (cursor.takeIf('savepoint')) return [step('savepoint', cursor.name())];
  if (cursor.takeIf('save', 'tran') || cursor.takeIf('save', 'transaction')) {
    return [step('savepoint', cursor.name())];
  }
  if (!cursor.takeIf('release')) return null;
  cursor.takeIf('savepoint');
  return [step('release', cursor.name())];
}

function ended(cursor: TokenCursor, how: 'commit' | 'rollback'): readonly TransactionEffect[] {
  cursor.takeOne('transaction', 'tran', 'work');
  const isChained = cursor.takeIf('and', 'chain');
  if (cursor.peek()?.kind === 'word' || cursor.peek()?.kind === 'name') skipStatement(cursor);
  return isChained ? [step(how), step('begin')] : [step(how)];
}

/** SET: the level of isolation, and whether statements are transactions of their own. */
function settings(cursor: TokenCursor, dialect: Dialect): readonly TransactionEffect[] {
  const scope = cursor.takeOne('session', 'global', 'local');
  const words: string[] = [];
  while (cursor.peek() !== undefined && !cursor.isNext(';')) words.push(cursor.take().text);
  const text = words.join(' ').toLowerCase();
  // A variable may be given what a query reads.
  if (words.includes('select')) throw new NotUnderstood('SET with a query');
  const isolation = isolationOf(LEVEL.exec(text)?.[1] ?? '');
  if (isolation !== null && scope !== 'global') {
    // In SQL Server the level stays for the session.
    const isSession = scope === 'session' || dialect === 'mssql' || text.includes('_isolation');
    return [step(isSession ? 'session' : 'isolation', '', isolation)];
  }
  const autocommit = /^(?:@ @ )?autocommit = (0|1|on|off|true|false)$/.exec(text)?.[1];
  if (autocommit !== undefined) {
    return [step(/0|off|false/.test(autocommit) ? 'begin' : 'commit')];
  }
  return [];
}

function tableLocks(cursor: TokenCursor): readonly Effect<TemplateValue>[] {
  if (cursor.takeOne('tables', 'table') === null)
    throw new NotUnderstood('a lock of something else');
  const locks: Effect<TemplateValue>[] = [];
  do {
    const name = cursor.name();
    let mode = cursor.take().text;
    while (cursor.peek() !== undefined && !cursor.isNext(',') && !cursor.isNext(';')) {
      mode = `${mode} ${cursor.take().text}`;
    }
    const strength: LockStrength = /\b(?:read|share)\b/.test(mode) ? 'shared' : 'exclusive';
    locks.push({ kind: 'lock', what: 'table', name, strength, until: 'session', isTry: false });
  } while (cursor.takeIf(','));
  return locks;
}

function truncation(cursor: TokenCursor): Effect<TemplateValue> {
  cursor.takeIf('table');
  const names = [cursor.name()];
  while (cursor.takeIf('.')) names.push(cursor.name());
  const table = { schema: names.at(-2) ?? '', name: names.at(-1) ?? '' };
  return { kind: 'delete', table, rows: { equals: [[]], conditions: [] } };
}

/** `EXEC sp_getapplock @Resource = 'name', @LockMode = 'Exclusive'`, and what releases it. */
function applicationLock(cursor: TokenCursor): Effect<TemplateValue> {
  let procedure = cursor.name();
  while (cursor.takeIf('.')) procedure = cursor.name();
  const isTaking = procedure.toLowerCase() === 'sp_getapplock';
  if (!isTaking && procedure.toLowerCase() !== 'sp_releaseapplock') {
    throw new NotUnderstood('a procedure');
  }
  const given = new Map<string, TemplateValue>();
  do {
    const argument = cursor.take();
    if (argument.kind !== 'placeholder' || !cursor.takeIf('='))
      throw new NotUnderstood('arguments');
    const value = cursor.take();
    const isText = value.kind === 'string' || value.kind === 'number';
    const known =
      value.kind === 'placeholder' ? cursor.parameter(value) : isText ? value.text : null;
    given.set(argument.text.toLowerCase(), known);
    cursor.takeIf('output');
  } while (cursor.takeIf(','));
  const name = given.get('resource') ?? null;
  if (!isTaking) return { kind: 'unlock', what: 'advisory', name, all: false };
  const mode = given.get('lockmode');
  const strength = typeof mode === 'string' && /shared/i.test(mode) ? 'shared' : 'exclusive';
  const until = given.get('lockowner') === 'Session' ? 'session' : 'transaction';
  return { kind: 'lock', what: 'advisory', name, strength, until, isTry: false };
}
