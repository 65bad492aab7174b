import type { LockStmt, Node, TransactionStmt, VariableSetStmt } from 'libpg-query';
import type { Effect, TransactionEffect } from '../effect.ts';
import { isolationOf } from '../isolation.ts';
import type { Control } from '../meaning/query.ts';
import type { TemplateValue } from '../template.ts';
import { tableOf } from './nodes.ts';

type Step = TransactionEffect['step'];

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['TRANS_STMT_BEGIN', 'begin'],
  ['TRANS_STMT_START', 'begin'],
  ['TRANS_STMT_COMMIT', 'commit'],
  ['TRANS_STMT_ROLLBACK', 'rollback'],
  ['TRANS_STMT_SAVEPOINT', 'savepoint'],
  ['TRANS_STMT_RELEASE', 'release'],
  ['TRANS_STMT_ROLLBACK_TO', 'rollback to'],
]);

/** LOCK TABLE by the numbers of its modes: from SHARE on they keep writers out. */
const SHARE_MODE = 5;

/** Statements that touch no data that others share. */
const IDLE: ReadonlySet<string> = new Set([
  'ClosePortalStmt',
  'DeallocateStmt',
  'DiscardStmt',
  'ExplainStmt',
  'FetchStmt',
  'ListenStmt',
  'NotifyStmt',
  'PrepareStmt',
  'UnlistenStmt',
  'VacuumStmt',
  'VariableShowStmt',
]);

/** A statement about transactions and locks, or that touches no data; null for any other. */
export function controlOf(node: Node): Control | null {
  if ('TransactionStmt' in node) return control(transactionEffects(node.TransactionStmt));
  if ('VariableSetStmt' in node) return control(settingEffects(node.VariableSetStmt));
  if ('LockStmt' in node) return control(tableLocks(node.LockStmt));
  const [kind = ''] = Object.keys(node);
  return IDLE.has(kind) ? control([]) : null;
}

function control(effects: readonly Effect<TemplateValue>[]): Control {
  return { kind: 'control', effects };
}

function transactionEffects(statement: TransactionStmt): readonly TransactionEffect[] {
  const step = STEPS.get(statement.kind ?? '');
  if (step === undefined) return [];
  const effect: TransactionEffect = {
    kind: 'transaction',
    step,
    isolation: isolationIn(statement.options),
    name: statement.savepoint_name ?? '',
  };
  const begins = { ...effect, step: 'begin', isolation: null } as const;
  return statement.chain === true ? [effect, begins] : [effect];
}

function isolationIn(options: readonly Node[] | undefined) {
  for (const node of options ?? []) {
    if (!('DefElem' in node) || node.DefElem.defname !== 'transaction_isolation') continue;
    const value = node.DefElem.arg;
    if (value !== undefined && 'A_Const' in value)
      return isolationOf(value.A_Const.sval?.sval ?? '');
  }
  return null;
}

function settingEffects({ name = '', args }: VariableSetStmt): readonly TransactionEffect[] {
  const isSession = name === 'SESSION CHARACTERISTICS' || name === 'default_transaction_isolation';
  const isOwn = name === 'TRANSACTION' || name === 'transaction_isolation';
  if (!isSession && !isOwn) return [];
  const [first] = args ?? [];
  const given = first !== undefined && 'A_Const' in first ? first.A_Const.sval?.sval : undefined;
  const isolation = given === undefined ? isolationIn(args) : isolationOf(given);
  if (isolation === null) return [];
  return [{ kind: 'transaction', step: isSession ? 'session' : 'isolation', isolation, name: '' }];
}

function tableLocks({ relations, mode = 0 }: LockStmt): readonly Effect<TemplateValue>[] {
  if (mode < SHARE_MODE) return [];
  return (relations ?? []).flatMap((node): Effect<TemplateValue>[] => {
    if (!('RangeVar' in node)) return [];
    const { name } = tableOf(node.RangeVar);
    const strength = mode === SHARE_MODE ? 'shared' : 'exclusive';
    return [{ kind: 'lock', what: 'table', name, strength, until: 'transaction', isTry: false }];
  });
}
