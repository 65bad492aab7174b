import type { Group, InstrumentationScope, Resource } from '../telemetry.ts';
import { AttributeList } from './protobuf-values.ts';
import { WireReader } from './wire-reader.ts';

/** Traces and logs are packed alike: resources, in them scopes, in them the things themselves. */

/** Field numbers with their wire types, as in `(number << 3) | type`. */
const RESOURCE_GROUP = 0x0a;
const RESOURCE = 0x0a;
const SCOPE_GROUP = 0x12;
const SCOPE = 0x0a;
const ITEM = 0x12;
const SCHEMA_URL = 0x1a;

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

/** Reads a whole request; what is in it may stand in any order. */
export function readGroups<Item>(
  body: Buffer,
  readItem: (reader: WireReader) => Item,
): Group<Item>[] {
  const reader = new WireReader(body);
  const groups: Group<Item>[] = [];
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag !== RESOURCE_GROUP) reader.skip(tag);
    else readResourceGroup(reader, readItem, groups);
  }
  return groups;
}

function readResourceGroup<Item>(
  reader: WireReader,
  readItem: (reader: WireReader) => Item,
  groups: Group<Item>[],
): void {
  reader.countMessage();
  const resource: Mutable<Resource> = {
    attributes: new AttributeList().map,
    droppedAttributes: 0,
    schemaUrl: '',
  };
  const attributes = new AttributeList();
  const outer = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === RESOURCE) readResource(reader, resource, attributes);
    else if (tag === SCOPE_GROUP) groups.push(readScopeGroup(reader, resource, readItem));
    else if (tag === SCHEMA_URL) resource.schemaUrl = reader.text();
    else reader.skip(tag);
  }
  reader.leave(outer);
}

function readResource(
  reader: WireReader,
  resource: Mutable<Resource>,
  attributes: AttributeList,
): void {
  const outer = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x0a) attributes.read(reader);
    else if (tag === 0x10) resource.droppedAttributes = reader.uint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  resource.attributes = attributes.map;
}

function readScopeGroup<Item>(
  reader: WireReader,
  resource: Resource,
  readItem: (reader: WireReader) => Item,
): Group<Item> {
  reader.countMessage();
  const attributes = new AttributeList();
  const scope: Mutable<InstrumentationScope> = {
    name: '',
    version: '',
    attributes: attributes.map,
    droppedAttributes: 0,
    schemaUrl: '',
  };
  const items: Item[] = [];
  const outer = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === SCOPE) readScope(reader, scope, attributes);
    else if (tag === ITEM) {
      reader.countMessage();
      items.push(readItem(reader));
    } else if (tag === SCHEMA_URL) scope.schemaUrl = reader.text();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { resource, scope, items };
}

function readScope(
  reader: WireReader,
  scope: Mutable<InstrumentationScope>,
  attributes: AttributeList,
): void {
  const outer = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x0a) scope.name = reader.text();
    else if (tag === 0x12) scope.version = reader.text();
    else if (tag === 0x1a) attributes.read(reader);
    else if (tag === 0x20) scope.droppedAttributes = reader.uint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  scope.attributes = attributes.map;
}
