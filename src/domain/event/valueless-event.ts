import { ExactNumber, type JsonObject, type JsonValue, parseJson, stringifyJson } from '../json.ts';
import { objectIn } from '../json-members.ts';
import { type EventRecord, eventText } from './event.ts';
import { type StandIns, valuelessStatement } from './valueless-statement.ts';

/** Members of payloads that say where and what, and hold no value. */
const placeMembers = new Set([
  ...['function_name', 'module', 'file', 'line', 'location', 'access_type', 'lock_type'],
  ...['ordering', 'method', 'status', 'duration_ms', 'database', 'rows_affected', 'error_type'],
]);
/** Members that name something, maybe by a value. */
const namingMembers = new Set([
  ...['variable', 'lock_id', 'task_id', 'task_name', 'spawned_by', 'future_id', 'name'],
]);
const valueMembers = new Set(['old_value', 'new_value']);
/** Members that an event must have, without what they held. */
const emptied: Readonly<Record<string, JsonValue>> = {
  args: null,
  headers: null,
  data: null,
  message: '',
  stack_trace: null,
};
const metadataMembers = new Set([
  ...['thread_id', 'process_id', 'service_name', 'environment', 'duration_ns', 'instance_id'],
  ...['distributed_span_id', 'upstream_span_id'],
]);
/** Tags that the analysis reads. */
const tagsKept = new Set(['sdk_language', 'scope', 'blocking', 'version']);
const eventMembers = new Set([
  ...['id', 'trace_id', 'parent_id', 'timestamp', 'causality_vector', 'duration_ns'],
]);
const otelMembers = new Set([
  ...['span_id', 'parent_span_id', 'kind', 'part', 'index', 'scope', 'start_ns', 'end_ns'],
]);
/** Attributes that say where and what. */
const attributesKept = [
  /^(?:http\.(?:request\.method|method|response\.status_code|status_code|route))$/,
  /^db\.(?:system|system\.name|namespace|name|operation|operation\.name|collection\.name|response\.(?:status_code|returned_rows))$/,
  /^messaging\.(?:system|operation.*|destination\.name|destination)$/,
  /^code\.(?!stacktrace$)|^telemetry\.sdk\.|^service\.|^deployment\.environment|^(?:server|net\.peer|network\.peer)\.port$/,
];
const attributesNaming = /^(?:url\.path|http\.target|db\.(?:query\.text|statement))$/;
const attributeValue = /^db\.query\.parameter\./;

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** What in a name may be a value: a row's, a UUID, digits. */
const nameValues = new RegExp(`(?<==)[^,\\]]+|${uuid}|\\d+`, 'gi');
/**
 * Takes the values out of events: what is left is places, operations, structure and times. Equal values get
 * the same stand-in, in all events that one of these has seen, so that what follows from them still does.
 */
export class ValueTaker {
  readonly #numbers = new Map<string, number>();
  readonly #standIns: StandIns = {
    value: (text) => this.#standIn(text),
    number: (text) => String(this.#numberOf(text)),
    name: (text) => this.#nameOf(text),
  };

  /** The JSON text of an event without its values. */
  textWithout(event: EventRecord): string {
    const whole = objectIn(parseJson(eventText(event)).value) ?? {};
    const [kind, payload] = Object.entries(objectIn(whole['kind']) ?? {})[0] ?? ['Custom', null];
    const metadata = objectIn(whole['metadata']) ?? {};
    const otel = objectIn(whole['otel']);
    const locks = whole['lock_set'];
    return stringifyJson(
      {
        ...kept(whole, eventMembers),
        kind: { [kind]: this.#payload(objectIn(payload) ?? {}) },
        metadata: {
          ...kept(metadata, metadataMembers),
          tags: kept(objectIn(metadata['tags']) ?? {}, tagsKept),
        },
        lock_set: Array.isArray(locks) ? locks.map((name) => this.#name(name)) : [],
        ...(otel === null ? {} : { otel: this.#otel(otel) }),
      },
      true,
    );
  }

  #payload(payload: JsonObject): JsonObject {
    const members = Object.entries(payload).flatMap(([name, value]): [string, JsonValue][] => {
      if (placeMembers.has(name)) return [[name, value]];
      if (namingMembers.has(name)) return [[name, this.#name(value)]];
      if (valueMembers.has(name)) return [[name, this.#value(value)]];
      if (name === 'url') return [[name, this.#path(value)]];
      if (name === 'query') return [[name, this.#statement(value, payload['database'])]];
      return Object.hasOwn(emptied, name) ? [[name, emptied[name] ?? null]] : [];
    });
    return Object.fromEntries(members);
  }

  #otel(otel: JsonObject): JsonObject {
    const resource = objectIn(otel['resource']);
    const status = objectIn(otel['status']);
    return {
      ...kept(otel, otelMembers),
      ...('name' in otel ? { name: this.#name(otel['name'] ?? null) } : {}),
      ...(status === null ? {} : { status: kept(status, new Set(['code'])) }),
      attributes: this.#attributes(objectIn(otel['attributes']) ?? {}),
      ...(resource === null
        ? {}
        : { resource: { attributes: this.#attributes(objectIn(resource['attributes']) ?? {}) } }),
    };
  }

  #attributes(attributes: JsonObject): JsonObject {
    const system = attributes['db.system.name'] ?? attributes['db.system'];
    const members = Object.entries(attributes).flatMap(([name, value]): [string, JsonValue][] => {
      const isPlace = objectIn(value)?.['at'] !== undefined;
      if (isPlace || attributesKept.some((known) => known.test(name))) return [[name, value]];
      if (attributeValue.test(name)) return [[name, this.#value(value)]];
      if (!attributesNaming.test(name)) return [];
      return [[name, name.startsWith('db.') ? this.#statement(value, system) : this.#path(value)]];
    });
    return Object.fromEntries(members);
  }

  #value(value: JsonValue): JsonValue {
    if (value === null) return null;
    if (typeof value === 'number' || value instanceof ExactNumber) {
      return this.#numberOf(value.toString());
    }
    return this.#standIn(typeof value === 'string' ? value : stringifyJson(value, true));
  }

  #name(value: JsonValue): JsonValue {
    if (typeof value !== 'string') return null;
    return this.#nameOf(value);
  }

  #nameOf(text: string): string {
    return text.replace(nameValues, (found) => this.#standIn(found));
  }

  /** The path of a URL; what follows it is all values. */
  #path(value: JsonValue): JsonValue {
    if (typeof value !== 'string') return '';
    const path = URL.canParse(value, 'http://service')
      ? new URL(value, 'http://service').pathname
      : '';
    return this.#name(path);
  }

  #statement(value: JsonValue, system: JsonValue | undefined): JsonValue {
    if (typeof value !== 'string') return '';
    return valuelessStatement(value, typeof system === 'string' ? system : '', this.#standIns);
  }

  /** A text of numbers alone stays one. */
  #standIn(text: string): string {
    const number = this.#numberOf(text);
    return /^-?\d+(?:\.\d+)?$/.test(text) ? String(number) : `v${number}`;
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text) ?? this.#numbers.size + 1;
    this.#numbers.set(text, known);
    return known;
  }
}

function kept(members: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([name]) => names.has(name)));
}
