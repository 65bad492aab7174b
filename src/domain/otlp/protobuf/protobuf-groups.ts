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

/**
 * Reads a request item by item, so that none is kept longer than it takes. Who sends is looked for
 * before what is sent, for the fields may stand in any order.
 */
export function* readGroups<Item>(
  body: Buffer,
  readItem: (reader: WireReader) => Item,
): Generator<Group<Item>> {
  const reader = new WireReader(body);
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag !== RESOURCE_GROUP) reader.skip(tag);
    else yield* readResourceGroup(reader, readItem);
  }
}

function* readResourceGroup<Item>(
  reader: WireReader,
  readItem: (reader: WireReader) => Item,
): Generator<Group<Item>> {
  reader.countMessage();
  const outer = reader.enter();
  const start = reader.place;
  const resource = readResourceOf(reader);
  reader.goTo(start);
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag !== SCOPE_GROUP) {
      reader.skip(tag);
      continue;
    }
    reader.countMessage();
    const around = reader.enter();
    const scopeStart = reader.place;
    const scope = readScopeOf(reader);
    reader.goTo(scopeStart);
    yield { resource, scope, items: readItems(reader, readItem) };
    reader.leave(around);
  }
  reader.leave(outer);
}

function* readItems<Item>(
  reader: WireReader,
  readItem: (reader: WireReader) => Item,
): Generator<Item> {
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === ITEM) {
      reader.countMessage();
      yield readItem(reader);
    } else reader.skip(tag);
  }
}

function readResourceOf(reader: WireReader): Resource {
  const attributes = new AttributeList();
  const resource: Mutable<Resource> = {
    attributes: attributes.map,
    droppedAttributes: 0,
    schemaUrl: '',
  };
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === RESOURCE) readResource(reader, resource, attributes);
    else if (tag === SCHEMA_URL) resource.schemaUrl = reader.text();
    else reader.skip(tag);
  }
  return resource;
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

function readScopeOf(reader: WireReader): InstrumentationScope {
  const attributes = new AttributeList();
  const scope: Mutable<InstrumentationScope> = {
    name: '',
    version: '',
    attributes: attributes.map,
    droppedAttributes: 0,
    schemaUrl: '',
  };
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === SCOPE) readScope(reader, scope, attributes);
    else if (tag === SCHEMA_URL) scope.schemaUrl = reader.text();
    else reader.skip(tag);
  }
  return scope;
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
