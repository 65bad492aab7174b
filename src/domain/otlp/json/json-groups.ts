import { type JsonObject, JsonSyntaxError, parseJson } from '../../json.ts';
import { otlpLimits } from '../otlp-limits.ts';
import { type Group, UndecodableBody } from '../telemetry.ts';
import { innerObject, list, objectOf, text, uint32 } from './json-members.ts';
import { readAttributes } from './json-values.ts';

/** Reads one item of a group. */
export type ReadItem<Item> = (item: JsonObject, path: string, counter: MessageCounter) => Item;

/** What the parts of a request are called. */
export interface GroupNames {
  readonly resources: string;
  readonly scopes: string;
  readonly items: string;
}

/** Bounds the number of messages in a request. */
export class MessageCounter {
  #messages = 0;

  count(more: number): void {
    this.#messages += more;
    if (this.#messages <= otlpLimits.messagesPerRequest) return;
    const max = otlpLimits.messagesPerRequest;
    throw new UndecodableBody(`more than ${max} spans, events and links; send fewer at once`);
  }
}

/** Reads a whole request, in which resources hold scopes, and these the things themselves. */
export function readJsonGroups<Item>(
  body: Buffer,
  names: GroupNames,
  readItem: ReadItem<Item>,
): Group<Item>[] {
  const counter = new MessageCounter();
  const groups: Group<Item>[] = [];
  list(parseRequest(body), names.resources, 'body').forEach((resourceGroup, index) => {
    counter.count(1);
    const path = `${names.resources}[${index}]`;
    const outer = objectOf(resourceGroup, path);
    const given = innerObject(outer, 'resource', path);
    const resource = {
      attributes: readAttributes(given, 'attributes', `${path}.resource`),
      droppedAttributes: uint32(given, 'droppedAttributesCount', `${path}.resource`),
      schemaUrl: text(outer, 'schemaUrl', path),
    };
    list(outer, names.scopes, path).forEach((scopeGroup, place) => {
      counter.count(1);
      const scopePath = `${path}.${names.scopes}[${place}]`;
      const inner = objectOf(scopeGroup, scopePath);
      const items = list(inner, names.items, scopePath);
      counter.count(items.length);
      groups.push({
        resource,
        scope: readScope(inner, scopePath),
        items: items.map((item, at) => {
          const itemPath = `${scopePath}.${names.items}[${at}]`;
          return readItem(objectOf(item, itemPath), itemPath, counter);
        }),
      });
    });
  });
  return groups;
}

/** The object that a request is. */
export function parseRequest(body: Buffer): JsonObject {
  try {
    return objectOf(parseJson(body.toString()).value, 'the body');
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new UndecodableBody(`the body is no JSON: ${cause.message}`, { cause });
  }
}

function readScope(group: JsonObject, path: string) {
  const scope = innerObject(group, 'scope', path);
  return {
    name: text(scope, 'name', `${path}.scope`),
    version: text(scope, 'version', `${path}.scope`),
    attributes: readAttributes(scope, 'attributes', `${path}.scope`),
    droppedAttributes: uint32(scope, 'droppedAttributesCount', `${path}.scope`),
    schemaUrl: text(group, 'schemaUrl', path),
  };
}
