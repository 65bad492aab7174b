import { type JsonObject, parseJson } from '../../json.ts';
import { BRACKET_END, behindSpaces, behindValue, COMMA, UNSURE } from '../../scan/json-scan.ts';
import type { SpanOutline } from '../outline/span-outline.ts';
import {
  type Group,
  parentIdOf,
  type Span,
  type SpanStatus,
  UndecodableBody,
  unsetStatus,
} from '../telemetry.ts';
import { type SpansPlace, spansPlaces, withoutSpans } from './group-walk.ts';
import { MessageCounter, readJsonGroups } from './json-groups.ts';
import {
  hex,
  innerObject,
  list,
  memberOf,
  objectOf,
  text,
  uint32,
  uint64,
} from './json-members.ts';
import type { JsonSpanScan } from './json-span-scan.ts';
import { readAttributes } from './json-values.ts';

/** The spans of an `ExportTraceServiceRequest` in JSON. */
export function readJsonSpans(body: Buffer): Group<Span>[] {
  const names = { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' };
  return readJsonGroups(body, names, readSpan);
}

/**
 * The same, but of a span that is ordinary no more than its outline, which is valid until the next.
 *
 * @returns null: the body is unusual, and is to be read as a whole
 */
export function outlineJsonSpans(
  body: Buffer,
  scan: JsonSpanScan,
): Iterable<Group<Span | SpanOutline>> | null {
  const places = spansPlaces(body);
  const groups = places === null ? null : senders(withoutSpans(body, places));
  if (places === null || groups?.length !== places.length) return null;
  const counter = new MessageCounter();
  return groups.map(({ resource, scope }, index) => {
    const items = outlineList(body, places[index] as SpansPlace, scan, counter);
    return { resource, scope, items };
  });
}

/** Groups without spans; null when the body is none, which reading it as a whole tells better. */
function senders(body: Buffer): readonly Group<Span>[] | null {
  try {
    return readJsonSpans(body);
  } catch (error) {
    if (error instanceof UndecodableBody) return null;
    throw error;
  }
}

function* outlineList(
  body: Buffer,
  { start, path }: SpansPlace,
  scan: JsonSpanScan,
  counter: MessageCounter,
): Generator<Span | SpanOutline> {
  let at = behindSpaces(body, start + 1);
  if (body[at] === BRACKET_END) return;
  for (let index = 0; ; index += 1) {
    counter.count(1);
    let end = scan.scan(body, at);
    if (end !== UNSURE) yield scan.outline;
    else {
      end = behindValue(body, at);
      if (end === UNSURE) throw new UnusualBody();
      const { value } = parseJson(body.toString('utf8', at, end));
      const itemPath = `${path}[${index}]`;
      yield readSpan(objectOf(value, itemPath), itemPath, counter);
    }
    at = behindSpaces(body, end);
    if (body[at] === BRACKET_END) return;
    if (body[at] !== COMMA) throw new UnusualBody();
    at = behindSpaces(body, at + 1);
  }
}

/** A span by itself. */
export function readJsonSpan(bytes: Buffer): Span {
  const { value } = parseJson(bytes.toString());
  return readSpan(objectOf(value, 'the span'), 'the span', new MessageCounter());
}

/** Thrown while outlines are read of a body that is to be read as a whole. */
export class UnusualBody extends Error {}

function readSpan(span: JsonObject, path: string, counter: MessageCounter): Span {
  const events = list(span, 'events', path);
  const links = list(span, 'links', path);
  counter.count(events.length + links.length);
  return {
    traceId: hex(span, 'traceId', path),
    spanId: hex(span, 'spanId', path),
    traceState: text(span, 'traceState', path),
    parentSpanId: parentIdOf(hex(span, 'parentSpanId', path)),
    flags: uint32(span, 'flags', path),
    name: text(span, 'name', path),
    kind: uint32(span, 'kind', path),
    startNs: uint64(span, 'startTimeUnixNano', path),
    endNs: uint64(span, 'endTimeUnixNano', path),
    attributes: readAttributes(span, 'attributes', path),
    droppedAttributes: uint32(span, 'droppedAttributesCount', path),
    events: events.map((event, index) =>
      readEvent(objectOf(event, path), `${path}.events[${index}]`),
    ),
    droppedEvents: uint32(span, 'droppedEventsCount', path),
    links: links.map((link, index) => readLink(objectOf(link, path), `${path}.links[${index}]`)),
    droppedLinks: uint32(span, 'droppedLinksCount', path),
    status: readStatus(span, path),
  };
}

function readEvent(event: JsonObject, path: string) {
  return {
    timeNs: uint64(event, 'timeUnixNano', path),
    name: text(event, 'name', path),
    attributes: readAttributes(event, 'attributes', path),
    droppedAttributes: uint32(event, 'droppedAttributesCount', path),
  };
}

function readLink(link: JsonObject, path: string) {
  return {
    traceId: hex(link, 'traceId', path),
    spanId: hex(link, 'spanId', path),
    traceState: text(link, 'traceState', path),
    attributes: readAttributes(link, 'attributes', path),
    droppedAttributes: uint32(link, 'droppedAttributesCount', path),
    flags: uint32(link, 'flags', path),
  };
}

function readStatus(span: JsonObject, path: string): SpanStatus {
  if (memberOf(span, 'status') === undefined) return unsetStatus;
  const status = innerObject(span, 'status', path);
  return {
    code: uint32(status, 'code', `${path}.status`),
    message: text(status, 'message', `${path}.status`),
  };
}
