import { type EventRecord, eventSchema, metadataSchema } from '../event/event.ts';
import { type KindName, kindNames, kindSchemas } from '../event/event-kind.ts';
import { isErrorOf, operationMembers, operationNamed } from '../event/operation.ts';
import { shortened } from '../event/shortened.ts';
import { limits } from '../limits.ts';
import { TimestampReader } from '../timestamp.ts';
import {
  BRACE,
  BRACE_END,
  behindColon,
  behindObject,
  behindSpaces,
  behindString,
  behindUuid,
  startsWith,
  UNSURE,
} from './json-scan.ts';
import { ObjectScan } from './object-scan.ts';
import { membersFrom, orNull } from './schema-scan.ts';

/** How the payload of a kind is read, and the places of its members that matter here, -1 for none. */
interface PayloadScan {
  readonly kind: KindName;
  /** The kind's name in quotes. */
  readonly name: Buffer;
  readonly members: ObjectScan;
  /** What names the step. */
  readonly named: readonly number[];
  readonly status: number;
  readonly oldValue: number;
}

/** Metadata that was read; in a request they are few, and come one after the other. */
interface KnownMetadata {
  /** A copy: what the request came in is not to be kept. */
  readonly bytes: Buffer;
  readonly text: string;
  readonly service: string;
}

/** Longer metadata is read anew each time. */
const KNOWN_BYTES_MAX = 4096;

/**
 * Reads events where they stand in the bytes of a request: nothing is built, and their parts are kept
 * as they were sent. It takes a third of the time of parsing an event, looking at it and writing its
 * parts anew. Whatever is out of the ordinary is left to `readEvent`, which knows all rules.
 */
export class EventScanner {
  readonly #payloads = kindNames.map(payloadScan);
  readonly #metadata = new ObjectScan(
    membersFrom(metadataSchema, {
      tags: orNull((bytes, at) => behindObject(bytes, at, limits.tagCount)),
    }),
    true,
  );
  readonly #event = new ObjectScan(
    membersFrom(eventSchema, {
      id: behindUuid,
      trace_id: behindUuid,
      parent_id: orNull(behindUuid),
      timestamp: behindString,
      kind: (bytes, at) => this.#behindKind(bytes, at),
      metadata: (bytes, at) => this.#behindMetadata(bytes, at),
    }),
    false,
  );
  readonly #at = {
    id: this.#event.placeOf('id'),
    traceId: this.#event.placeOf('trace_id'),
    parentId: this.#event.placeOf('parent_id'),
    timestamp: this.#event.placeOf('timestamp'),
    vector: this.#event.placeOf('causality_vector'),
    lockSet: this.#event.placeOf('lock_set'),
    service: this.#metadata.placeOf('service_name'),
    duration: this.#metadata.placeOf('duration_ns'),
  };
  readonly #timestamps = new TimestampReader();
  // What was found in the event that was scanned last.
  #payload = this.#payloads[0] as PayloadScan;
  #payloadAt = 0;
  #payloadEnd = 0;
  #known: KnownMetadata = { bytes: Buffer.alloc(0), text: '', service: '' };
  #end = UNSURE;

  /** The place behind the event that was read last. */
  get end(): number {
    return this.#end;
  }

  /**
   * @param bytes valid UTF-8
   * @param start where an event may begin
   * @returns null: it is no event, or no ordinary one
   */
  read(bytes: Buffer, start: number): EventRecord | null {
    const event = this.#event;
    const at = this.#at;
    this.#end = event.scan(bytes, start);
    if (this.#end === UNSURE) return null;
    const timestamp = event.string(bytes, at.timestamp) as string;
    const timestampNs = this.#timestamps.read(timestamp);
    if (timestampNs === null) return null;
    const operation = this.#operation(bytes);
    return {
      id: event.string(bytes, at.id) as string,
      traceId: event.string(bytes, at.traceId) as string,
      parentId: event.string(bytes, at.parentId),
      timestamp,
      timestampNs,
      kind: this.#payload.kind,
      service: this.#known.service,
      payload: this.#payloadText(bytes),
      metadata: this.#known.text,
      vector: event.listText(bytes, at.vector),
      lockSet: event.listText(bytes, at.lockSet),
      extra: '',
      operation,
      isError: this.#isError(bytes, operation),
    };
  }

  /** `{"StateChange": {…}}`: one member, named as the kind. */
  #behindKind(bytes: Buffer, start: number): number {
    if (bytes[start] !== BRACE) return UNSURE;
    const nameAt = behindSpaces(bytes, start + 1);
    const payload = this.#payloads.find(({ name }) => startsWith(bytes, nameAt, name));
    if (payload === undefined) return UNSURE;
    this.#payload = payload;
    this.#payloadAt = behindColon(bytes, nameAt + payload.name.length);
    if (this.#payloadAt === UNSURE) return UNSURE;
    this.#payloadEnd = payload.members.scan(bytes, this.#payloadAt);
    if (this.#payloadEnd === UNSURE) return UNSURE;
    const at = behindSpaces(bytes, this.#payloadEnd);
    return bytes[at] === BRACE_END ? at + 1 : UNSURE;
  }

  #behindMetadata(bytes: Buffer, start: number): number {
    const known = this.#known.bytes;
    const knownEnd = start + known.length;
    if (known.length > 0 && knownEnd <= bytes.length) {
      if (known.compare(bytes, start, knownEnd) === 0) return knownEnd;
    }
    const members = this.#metadata;
    const end = members.scan(bytes, start);
    if (end === UNSURE) return UNSURE;
    const text = bytes.toString('utf8', start, end);
    const isKept = end - start <= KNOWN_BYTES_MAX;
    this.#known = {
      bytes: Buffer.from(bytes.subarray(start, isKept ? end : start)),
      text: members.has(this.#at.duration) ? text : withNull(text, 'duration_ns'),
      service: members.string(bytes, this.#at.service) as string,
    };
    return end;
  }

  #payloadText(bytes: Buffer): string {
    const text = bytes.toString('utf8', this.#payloadAt, this.#payloadEnd);
    const { members, oldValue } = this.#payload;
    return oldValue === -1 || members.has(oldValue) ? text : withNull(text, 'old_value');
  }

  #operation(bytes: Buffer): string {
    const { kind, members, named } = this.#payload;
    const names = named.map((place) => members.string(bytes, place) as string);
    const operation = operationNamed(kind, names);
    return shortened(operation, limits.operationCharacters);
  }

  #isError(bytes: Buffer, operation: string): boolean {
    const { kind, members, status } = this.#payload;
    return isErrorOf(kind, status === -1 ? null : Number(members.text(bytes, status)), operation);
  }
}

function payloadScan(kind: KindName): PayloadScan {
  // Headers may hold what is not to be stored.
  const headers = orNull((bytes, at) => behindObject(bytes, at, 0));
  const members = new ObjectScan(membersFrom(kindSchemas[kind], { headers }), true);
  return {
    kind,
    name: Buffer.from(JSON.stringify(kind)),
    members,
    named: (operationMembers[kind] ?? []).map((name) => members.placeOf(name)),
    status: members.placeOf('status'),
    oldValue: members.placeOf('old_value'),
  };
}

/** The text of an object of at least one member, with one more. */
function withNull(text: string, name: string): string {
  return `${text.slice(0, -1)},"${name}":null}`;
}
