import type { EventRecord } from '../../../src/domain/event/event.ts';
import {
  type Attributes,
  type AttributeValue,
  BytesValue,
  DoubleValue,
} from '../../../src/domain/otlp/attribute.ts';
import type { Group, LogRecord, Span } from '../../../src/domain/otlp/telemetry.ts';

/** An event with all its texts and nothing else. */
export function plainEvent(event: EventRecord): EventRecord {
  const { id, traceId, parentId, timestamp, timestampNs, kind, service, operation } = event;
  const { payload, metadata, vector, lockSet, extra, isError } = event;
  const names = { id, traceId, parentId, timestamp, timestampNs, kind, service, operation };
  return { ...names, payload, metadata, vector, lockSet, extra, isError };
}

/** Groups with their items in lists. */
export function wholeGroups<Item>(
  groups: Iterable<Group<Item>>,
): (Group<Item> & { readonly items: readonly Item[] })[] {
  return Array.from(groups, (group) => ({ ...group, items: [...group.items] }));
}

/** Spans by id with all that is known of them, in a form that `deepEqual` compares whole. */
export function plainSpans(groups: Iterable<Group<Span>>): Record<string, unknown> {
  const spans: Record<string, unknown> = {};
  for (const { resource, scope, items } of groups) {
    for (const span of items) {
      spans[`${span.traceId} ${span.spanId}`] = {
        ...span,
        attributes: plain(span.attributes),
        events: span.events.map((event) => ({ ...event, attributes: plain(event.attributes) })),
        links: span.links.map((link) => ({ ...link, attributes: plain(link.attributes) })),
        resource: { ...resource, attributes: plain(resource.attributes) },
        scope: { ...scope, attributes: plain(scope.attributes) },
      };
    }
  }
  return spans;
}

/** The same for log records, in their order. */
export function plainLogs(groups: Iterable<Group<LogRecord>>): unknown[] {
  const records: unknown[] = [];
  for (const { resource, scope, items } of groups) {
    for (const record of items) {
      records.push({
        ...record,
        body: plainValue(record.body),
        attributes: plain(record.attributes),
        resource: { ...resource, attributes: plain(resource.attributes) },
        scope: { ...scope, attributes: plain(scope.attributes) },
      });
    }
  }
  return records;
}

function plain(attributes: Attributes): [string, unknown][] {
  const members = [...attributes].map(
    ([name, value]) => [name, plainValue(value)] as [string, unknown],
  );
  return members.sort(([a], [b]) => (a < b ? -1 : 1));
}

function plainValue(value: AttributeValue): unknown {
  if (value instanceof DoubleValue) return { double: value.value };
  if (value instanceof BytesValue) return { bytes: value.base64 };
  if (value instanceof Map) return { map: plain(value) };
  return Array.isArray(value) ? value.map(plainValue) : value;
}
