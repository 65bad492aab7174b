import type { JsonObject, JsonValue } from '../../json.ts';
import { type AttributeValue, integerValue } from '../attribute.ts';
import {
  innerObject,
  list,
  memberOf,
  objectOf,
  text,
  uint64,
  wholeNumber,
} from '../json/json-members.ts';
import type { Group, Span } from '../telemetry.ts';
import { kindNumbers, nanoseconds, paddedId } from './foreign-ids.ts';

/** The first bit of an id, as the first of its digits. */
const FIRST_BIT = 8;

/**
 * The spans of a list as Zipkin's page downloads it: of one trace, or a list of such lists.
 *
 * @throws {UndecodableBody} when they are of another form
 */
export function readZipkin(download: readonly JsonValue[]): Group<Span>[] {
  return download
    .flat()
    .map((element, index) => readSpan(objectOf(element, `[${index}]`), `[${index}]`));
}

function readSpan(span: JsonObject, path: string): Group<Span> {
  const local = innerObject(span, 'localEndpoint', path);
  const attributes = new Map<string, AttributeValue>();
  const tags = innerObject(span, 'tags', path);
  for (const name of Object.keys(tags)) attributes.set(name, text(tags, name, path));
  const remote = innerObject(span, 'remoteEndpoint', path);
  for (const [member, name] of remoteNames) {
    const value = memberOf(remote, member);
    if (value !== undefined && !attributes.has(name)) attributes.set(name, plainValue(value));
  }
  const startNs = nanoseconds(uint64(span, 'timestamp', path));
  const error = attributes.get('error');
  const parentId = text(span, 'parentId', path);
  const own = paddedId(text(span, 'id', path), 16);
  // Caller and callee may have one id for both halves; here each has its own.
  const isShared = memberOf(span, 'shared') === true;
  const isRoot = parentId === '' && !isShared;
  const parentSpanId = isShared ? own : parentId;
  return {
    resource: {
      attributes: new Map([['service.name', text(local, 'serviceName', path)]]),
      droppedAttributes: 0,
      schemaUrl: '',
    },
    scope: { name: '', version: '', attributes: new Map(), droppedAttributes: 0, schemaUrl: '' },
    items: [
      {
        traceId: paddedId(text(span, 'traceId', path), 32),
        spanId: isShared ? otherHalf(own) : own,
        traceState: '',
        parentSpanId: isRoot ? '' : paddedId(parentSpanId, 16),
        flags: 0,
        name: text(span, 'name', path),
        kind: kindNumbers.get(text(span, 'kind', path).toLowerCase()) ?? 1,
        startNs,
        endNs: startNs + nanoseconds(uint64(span, 'duration', path)),
        attributes,
        droppedAttributes: 0,
        events: list(span, 'annotations', path).map((element) => {
          const annotation = objectOf(element, path);
          return {
            timeNs: nanoseconds(uint64(annotation, 'timestamp', path)),
            name: text(annotation, 'value', path),
            attributes: new Map(),
            droppedAttributes: 0,
          };
        }),
        droppedEvents: 0,
        links: [],
        droppedLinks: 0,
        status:
          error === undefined ? { code: 0, message: '' } : { code: 2, message: String(error) },
      },
    ],
  };
}

const remoteNames = [
  ['serviceName', 'peer.service'],
  ['ipv4', 'network.peer.address'],
  ['ipv6', 'network.peer.address'],
  ['port', 'network.peer.port'],
] as const;

function plainValue(value: JsonValue): AttributeValue {
  const number = typeof value === 'string' ? null : wholeNumber(value);
  return number === null ? String(value) : integerValue(number);
}

/** The same id with its first bit turned. */
function otherHalf(spanId: string): string {
  const first = Number.parseInt(spanId.slice(0, 1), 16) ^ FIRST_BIT;
  return first.toString(16) + spanId.slice(1);
}
