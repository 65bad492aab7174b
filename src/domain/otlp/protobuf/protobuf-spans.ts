import type { SpanOutline } from '../outline/span-outline.ts';
import {
  type Group,
  parentIdOf,
  type Span,
  type SpanEvent,
  type SpanLink,
  type SpanStatus,
  unsetStatus,
} from '../telemetry.ts';
import { readGroups } from './protobuf-groups.ts';
import { AttributeList } from './protobuf-values.ts';
import type { SpanScan } from './span-scan.ts';
import { WireReader } from './wire-reader.ts';

/** Fields are named by number and wire type, as in `(number << 3) | type`. */

/** The spans of an `ExportTraceServiceRequest`. */
export function readProtobufSpans(body: Buffer): Iterable<Group<Span>> {
  return readGroups(body, readSpan);
}

/** The same, but of a span that is ordinary no more than its outline, which is valid until the next. */
export function outlineProtobufSpans(
  body: Buffer,
  scan: SpanScan,
): Iterable<Group<Span | SpanOutline>> {
  return readGroups(body, (reader) => {
    const end = scan.scan(body, reader.place, reader.end);
    if (end === -1) return readSpan(reader);
    reader.goTo(end);
    return scan.outline;
  });
}

/** A span by itself, behind its length. */
export function readProtobufSpan(bytes: Buffer): Span {
  return readSpan(new WireReader(bytes));
}

function readSpan(reader: WireReader): Span {
  const outer = reader.enter();
  const attributes = new AttributeList();
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  let traceId = '';
  let spanId = '';
  let traceState = '';
  let parentSpanId = '';
  let flags = 0;
  let name = '';
  let kind = 0;
  let startNs = 0n;
  let endNs = 0n;
  let droppedAttributes = 0;
  let droppedEvents = 0;
  let droppedLinks = 0;
  let status = unsetStatus;
  while (reader.hasMore) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a:
        traceId = reader.hex();
        break;
      case 0x12:
        spanId = reader.hex();
        break;
      case 0x1a:
        traceState = reader.text();
        break;
      case 0x22:
        parentSpanId = parentIdOf(reader.hex());
        break;
      case 0x2a:
        name = reader.text();
        break;
      case 0x30:
        kind = reader.uint32();
        break;
      case 0x39:
        startNs = reader.fixed64();
        break;
      case 0x41:
        endNs = reader.fixed64();
        break;
      case 0x4a:
        attributes.read(reader);
        break;
      case 0x50:
        droppedAttributes = reader.uint32();
        break;
      case 0x5a:
        events.push(readEvent(reader));
        break;
      case 0x60:
        droppedEvents = reader.uint32();
        break;
      case 0x6a:
        links.push(readLink(reader));
        break;
      case 0x70:
        droppedLinks = reader.uint32();
        break;
      case 0x7a:
        status = readStatus(reader, status);
        break;
      case 0x85:
        flags = reader.fixed32();
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(outer);
  return {
    traceId,
    spanId,
    traceState,
    parentSpanId,
    flags,
    name,
    kind,
    startNs,
    endNs,
    attributes: attributes.map,
    droppedAttributes,
    events,
    droppedEvents,
    links,
    droppedLinks,
    status,
  };
}

function readEvent(reader: WireReader): SpanEvent {
  reader.countMessage();
  const outer = reader.enter();
  const attributes = new AttributeList();
  let timeNs = 0n;
  let name = '';
  let droppedAttributes = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x09) timeNs = reader.fixed64();
    else if (tag === 0x12) name = reader.text();
    else if (tag === 0x1a) attributes.read(reader);
    else if (tag === 0x20) droppedAttributes = reader.uint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { timeNs, name, attributes: attributes.map, droppedAttributes };
}

function readLink(reader: WireReader): SpanLink {
  reader.countMessage();
  const outer = reader.enter();
  const attributes = new AttributeList();
  let traceId = '';
  let spanId = '';
  let traceState = '';
  let droppedAttributes = 0;
  let flags = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x0a) traceId = reader.hex();
    else if (tag === 0x12) spanId = reader.hex();
    else if (tag === 0x1a) traceState = reader.text();
    else if (tag === 0x22) attributes.read(reader);
    else if (tag === 0x28) droppedAttributes = reader.uint32();
    else if (tag === 0x35) flags = reader.fixed32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { traceId, spanId, traceState, attributes: attributes.map, droppedAttributes, flags };
}

/** A message that comes in two parts is one of both. */
function readStatus(reader: WireReader, before: SpanStatus): SpanStatus {
  const outer = reader.enter();
  let { code, message } = before;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x12) message = reader.text();
    else if (tag === 0x18) code = reader.uint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { code, message };
}
