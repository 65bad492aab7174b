import type { z } from 'zod';
import {
  findViolation,
  type JsonObject,
  type JsonValue,
  parseJson,
  stringifyJson,
} from '../json.ts';
import { limits } from '../limits.ts';
import { parseTimestamp } from '../timestamp.ts';
import { canonicalUuid } from '../uuid.ts';
import { type Accepts, acceptsFrom } from './accepts.ts';
import { type EventFault, type EventRecord, eventSchema } from './event.ts';
import { isKindName, type KindName, kindNames, kindSchemas } from './event-kind.ts';
import { faultText } from './fault-text.ts';
import { isErrorOf, operationOf } from './operation.ts';
import type { Redaction } from './redaction.ts';
import { shortened } from './shortened.ts';

const acceptsEvent = acceptsFrom(eventSchema);

const acceptsPayload = Object.fromEntries(
  kindNames.map((kind) => [kind, acceptsFrom(kindSchemas[kind])]),
) as Readonly<Record<KindName, Accepts>>;

const inWords = { error: faultText };

const knownMembers = new Set(Object.keys(eventSchema.shape));

/**
 * Checks one element of a request's `events` and splits it into a record.
 *
 * @param unusual what {@link parseJson} said of the text that the value comes from.
 * @param redact takes out of the value what is not to be stored
 */
export function readEvent(
  value: JsonValue,
  unusual: boolean,
  redact: Redaction['apply'],
): { record: EventRecord } | { faults: EventFault[] } {
  const violation = findViolation(value, unusual, limits);
  if (violation !== null) {
    return { faults: [{ path: pathText(violation.path), message: violation.message }] };
  }
  if (!acceptsEvent(value)) {
    const { error } = eventSchema.safeParse(value, inWords);
    if (error !== undefined) return { faults: faultsOf(error, []) };
  }
  const event = value as JsonObject;
  const kind = event['kind'] as JsonObject;
  const [kindName, ...others] = Object.keys(kind);
  if (kindName === undefined || others.length > 0) {
    return {
      faults: [{ path: 'kind', message: 'must have exactly one member, named as the kind' }],
    };
  }
  if (!isKindName(kindName)) {
    const message = `names no kind of event; the kinds are ${kindNames.join(', ')}`;
    return { faults: [{ path: pathText(['kind', kindName]), message }] };
  }
  const payload = kind[kindName];
  if (!acceptsPayload[kindName](payload)) {
    const { error } = kindSchemas[kindName].safeParse(payload, inWords);
    if (error !== undefined) return { faults: faultsOf(error, ['kind', kindName]) };
  }
  const tags = (event['metadata'] as JsonObject)['tags'] as JsonObject | null;
  if (tags !== null && Object.keys(tags).length > limits.tagCount) {
    const message = `has more than ${limits.tagCount} tags`;
    return { faults: [{ path: 'metadata.tags', message }] };
  }
  redact(event);
  return { record: toRecord(event, kindName, unusual) };
}

function toRecord(event: JsonObject, kind: KindName, unusual: boolean): EventRecord {
  const traceId = event['trace_id'] as string;
  const parentId = event['parent_id'] as string | null | undefined;
  const timestamp = event['timestamp'] as string;
  let metadata = event['metadata'] as JsonObject;
  let payload = (event['kind'] as JsonObject)[kind] as JsonObject;
  if (metadata['duration_ns'] === undefined) metadata = { ...metadata, duration_ns: null };
  if (kind === 'StateChange' && payload['old_value'] === undefined) {
    payload = { ...payload, old_value: null };
  }
  const operation = shortened(operationOf(kind, payload), limits.operationCharacters);
  const text = (part: JsonValue) => stringifyJson(part, unusual);
  const listText = (list: JsonValue | undefined) =>
    list === undefined || (Array.isArray(list) && list.length === 0) ? '[]' : text(list);
  return {
    id: canonicalUuid(event['id'] as string) as string,
    traceId: canonicalUuid(traceId) ?? traceId,
    parentId: typeof parentId === 'string' ? canonicalUuid(parentId) : null,
    timestamp,
    timestampNs: parseTimestamp(timestamp) as bigint,
    kind,
    service: metadata['service_name'] as string,
    payload: text(payload),
    metadata: text(metadata),
    vector: listText(event['causality_vector']),
    lockSet: listText(event['lock_set']),
    extra: extraText(event, text),
    operation,
    isError: isErrorOf(kind, payload['status'], operation),
  };
}

function extraText(event: JsonObject, text: (part: JsonValue) => string): string {
  const members = Object.keys(event).filter((key) => !knownMembers.has(key));
  if (members.length === 0) return '';
  return `{${members.map((key) => `${JSON.stringify(key)}:${text(event[key] as JsonValue)}`).join(',')}}`;
}

function faultsOf(error: z.ZodError, prefix: readonly string[]): EventFault[] {
  return error.issues.slice(0, limits.errorsPerEvent).map((issue) => ({
    path: pathText([...prefix, ...issue.path.map((key) => (typeof key === 'symbol' ? '' : key))]),
    message: issue.message,
  }));
}

/** A path as people write it: `events[3].kind.StateChange`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text.slice(0, limits.errorPathCharacters);
}
