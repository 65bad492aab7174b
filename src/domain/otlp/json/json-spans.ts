import type { JsonObject } from '../../json.ts';
import { type Group, parentIdOf, type Span, type SpanStatus, unsetStatus } from '../telemetry.ts';
import { type MessageCounter, readJsonGroups } from './json-groups.ts';
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
import { readAttributes } from './json-values.ts';

/** The spans of an `ExportTraceServiceRequest` in JSON. */
export function readJsonSpans(body: Buffer): Group<Span>[] {
  const names = { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' };
  return readJsonGroups(body, names, readSpan);
}

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
