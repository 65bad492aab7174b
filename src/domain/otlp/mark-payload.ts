import { type AccessType, accessTraits, accessTypes } from '../event/event-kind.ts';
import { limits } from '../limits.ts';
import { type Attributes, type AttributeValue, DoubleValue, textOf } from './attribute.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { type EventPayload, PayloadBuilder } from './payload.ts';
import { find } from './semantic-names.ts';

/** Marks that a program makes by hand, as events of a span or as log records. */

/** `atomic_read` and the like; what reads and writes at once is `rmw` for short. */
const typesByMark: ReadonlyMap<string, AccessType> = new Map(
  accessTypes.map((type) => {
    const { reads, writes } = accessTraits[type];
    return [reads && writes ? 'rmw' : type.replace(/\B(?=[A-Z])/, '_').toLowerCase(), type];
  }),
);
const lockKinds = new Map([
  ['raceway.lock.acquire', 'LockAcquire'],
  ['raceway.lock.release', 'LockRelease'],
] as const);
const outcomes = new Map([
  ['commit', 'transaction.commit'],
  ['abort', 'transaction.abort'],
]);
const SCOPES = ['shared', 'process'];
/** What a lock is called by default. */
const LOCK_TYPE = 'Mutex';

/**
 * What a mark becomes; null when it is none, or says too little.
 *
 * @param place where it was made, as far as anybody knows, unless the mark says it better
 */
export function markPayload(
  name: string,
  attributes: Attributes,
  place: string,
  writer: AttributeWriter,
): EventPayload | null {
  switch (name) {
    case 'raceway.access':
      return accessPayload(attributes, place, writer);
    case 'raceway.lock.acquire':
    case 'raceway.lock.release':
      return lockPayload(name, attributes, place, writer);
    case 'raceway.transaction':
      return transactionPayload(attributes, writer);
    default:
      return null;
  }
}

function accessPayload(
  attributes: Attributes,
  place: string,
  writer: AttributeWriter,
): EventPayload | null {
  const type = typesByMark.get(textOf(attributes.get('raceway.access.type')) ?? '');
  if (type === undefined) return null;
  const builder = new PayloadBuilder('StateChange', attributes, writer);
  if (!moveName(builder, attributes, 'raceway.variable', 'variable')) return null;
  moveValue(builder, attributes, 'raceway.value.old', 'old_value', writer);
  moveValue(builder, attributes, 'raceway.value', 'new_value', writer);
  moveLocation(builder, attributes, place);
  builder.json('access_type', `"${type}"`);
  const scope = textOf(attributes.get('raceway.scope')) ?? '';
  return builder.build(SCOPES.includes(scope) ? `{"scope":"${scope}"}` : 'null');
}

function lockPayload(
  name: 'raceway.lock.acquire' | 'raceway.lock.release',
  attributes: Attributes,
  place: string,
  writer: AttributeWriter,
): EventPayload | null {
  const kind = lockKinds.get(name) ?? 'LockAcquire';
  const builder = new PayloadBuilder(kind, attributes, writer);
  if (!moveName(builder, attributes, 'raceway.lock.id', 'lock_id')) return null;
  if (!moveName(builder, attributes, 'raceway.lock.type', 'lock_type')) {
    builder.name('lock_type', LOCK_TYPE);
  }
  moveLocation(builder, attributes, place);
  return builder.build();
}

function transactionPayload(attributes: Attributes, writer: AttributeWriter): EventPayload | null {
  const name = outcomes.get(textOf(attributes.get('raceway.outcome')) ?? '');
  if (name === undefined) return null;
  return new PayloadBuilder('Custom', attributes, writer)
    .name('name', name)
    .json('data', '{}')
    .build();
}

/** False when there is no such text, or one that is too long for a name. */
function moveName(
  builder: PayloadBuilder,
  attributes: Attributes,
  attribute: string,
  member: string,
): boolean {
  const text = builder.shown(attribute, attributes.get(attribute));
  if (text === null || text.length > limits.nameCharacters) return false;
  builder.name(member, text).moved(attribute, member);
  return true;
}

/** A value of any type; a fraction reads as a number in the payload, and stays where it was. */
function moveValue(
  builder: PayloadBuilder,
  attributes: Attributes,
  attribute: string,
  member: string,
  writer: AttributeWriter,
): void {
  const value: AttributeValue = attributes.get(attribute) ?? null;
  if (writer.takes(attribute)) builder.text(member, builder.shown(attribute, '') ?? '');
  else if (value instanceof DoubleValue && Number.isFinite(value.value)) {
    builder.json(member, JSON.stringify(value.value));
  } else {
    builder.json(member, writer.value(value));
    if (value !== null) builder.moved(attribute, member);
  }
}

function moveLocation(builder: PayloadBuilder, attributes: Attributes, place: string): void {
  const own = builder.shown('raceway.location', attributes.get('raceway.location'));
  if (own !== null) builder.text('location', own).moved('raceway.location', 'location');
  else builder.text('location', codeLocation(builder, attributes) ?? place);
}

/** `file:line`, or the name of the function; null when nothing is told of the code. */
function codeLocation(builder: PayloadBuilder, attributes: Attributes): string | null {
  const file = builder.textOf('codeFile');
  if (file === null) return builder.textOf('codeFunction');
  const line = find(attributes, 'codeLine')?.value;
  return line === undefined ? file : `${file}:${textOf(line) ?? String(line)}`;
}
