import { statementOperation } from '../../domain/event/operation.ts';
import { tableName } from './row.ts';
import type { Step } from './steps.ts';
import type { StoreState } from './store-state.ts';

/** Commands of a pipeline that are named. */
const COMMANDS_NAMED = 4;
const COMMAND = /^\s*[A-Za-z][\w.]*/gm;
/** Some stores quote values as others quote names. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** What a step is called, without anything that differs from one request to the next. */
export function stepLabel({ span, text, effects }: Step, { dialect, isKeyed }: StoreState): string {
  if (isKeyed) {
    const words = (text === '' ? span.name : text).match(COMMAND) ?? [];
    const commands = words.slice(0, COMMANDS_NAMED).map((word) => word.trim().toUpperCase());
    return commands.join(' ');
  }
  if (dialect === 'mongodb' || dialect === 'dynamodb') {
    const [table] = effects.flatMap((effect) => ('table' in effect ? [effect.table] : []));
    const name = table == null ? '' : ` ${tableName(table)}`;
    const operation = span.attribute('db.operation.name') ?? span.attribute('db.operation');
    return typeof operation === 'string' ? `${operation}${name}` : span.name;
  }
  const template = statementOperation(text === '' ? span.name : text);
  return dialect === 'mysql' ? template.replace(QUOTED, '?') : template;
}
