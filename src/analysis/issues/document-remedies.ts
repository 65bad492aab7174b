import type { Pattern } from '../../domain/findings/finding.ts';
import type { Remedy } from '../../domain/findings/remedy.ts';
import type { RacedNames } from './remedy-store.ts';

/** Ways to close a race in MongoDB or DynamoDB: their changes of one document are atomic. */
export function documentRemedies(
  store: 'mongodb' | 'dynamodb',
  pattern: Pattern,
  names: RacedNames,
): readonly Remedy[] {
  const isMongo = store === 'mongodb';
  const update = isMongo ? mongoUpdate(names) : dynamoUpdate(names);
  const version = isMongo ? mongoVersion(names) : dynamoVersion(names);
  const insert = isMongo ? mongoUnique(names) : dynamoInsert(names);
  const isInsert = pattern === 'check_then_insert' || pattern === 'double_submit';
  return isInsert ? [insert] : [update, version];
}

function mongoUpdate({ table, key, column, holds }: RacedNames): Remedy {
  const ofNumber = `{ ${key}, ${column}: { $gte: n } }, { $inc: { ${column}: -n } }`;
  const ofOther = `{ ${key}, ${column}: read }, { $set: { ${column}: value } }`;
  return {
    kind: 'atomic_update',
    title: 'Put check and change into one update.',
    text: 'An update of one document is atomic. When nothing matched, the check holds no more.',
    example: `db.${table}.findOneAndUpdate(${holds === 'number' ? ofNumber : ofOther})`,
  };
}

function mongoVersion({ table, key, column }: RacedNames): Remedy {
  return {
    kind: 'version_check',
    title: 'Write only if the document is as it was read.',
    text: 'Its version is part of the filter. When nothing matched, read again and start over.',
    example: `db.${table}.updateOne({ ${key}, version }, { $set: { ${column} }, $inc: { version: 1 } })`,
  };
}

function mongoUnique({ table, key }: RacedNames): Remedy {
  return {
    kind: 'unique_index',
    title: 'Let a unique index decide.',
    text: 'No check comes before the insert: the second one fails with E11000, and that is the answer.',
    example: `db.${table}.createIndex({ ${key}: 1 }, { unique: true })`,
  };
}

function dynamoUpdate({ column, holds }: RacedNames): Remedy {
  const ofNumber = `"SET ${column} = ${column} - :n", ConditionExpression: "${column} >= :n"`;
  const ofOther = `"SET ${column} = :new", ConditionExpression: "${column} = :read"`;
  return {
    kind: 'atomic_update',
    title: 'Put check and change into one UpdateItem.',
    text: 'ConditionalCheckFailedException says that the check holds no more.',
    example: `UpdateExpression: ${holds === 'number' ? ofNumber : ofOther}`,
  };
}

function dynamoVersion({ column }: RacedNames): Remedy {
  return {
    kind: 'conditional_write',
    title: 'Write only if the item is as it was read.',
    text: 'A version is compared and counted up in the same request; what is refused starts over from its read.',
    example: `UpdateExpression: "SET ${column} = :new, version = version + :one", ConditionExpression: "version = :read"`,
  };
}

function dynamoInsert({ key }: RacedNames): Remedy {
  return {
    kind: 'conditional_write',
    title: 'Put it only if it is not there.',
    text: 'ConditionalCheckFailedException says that it is there already: no check comes before.',
    example: `PutItem, ConditionExpression: "attribute_not_exists(${key})"`,
  };
}
