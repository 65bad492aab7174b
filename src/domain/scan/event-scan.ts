import {
  type EventRecord,
  eventSchema,
  isErrorOf,
  metadataSchema,
  operationMembers,
  shortened,
} from '../event.ts';
import { type KindName, kindNames, kindSchemas } from '../event-kind.ts';
import { limits } from '../limits.ts';
import { parseTimestamp } from '../timestamp.ts';
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

/** How the payload of a kind is read. */
interface PayloadScan {
  readonly kind: KindName;
  /** The kind's name in quotes. */
  readonly name: Buffer;
  readonly members: ObjectScan;
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
  readonly #payloads: readonly PayloadScan[] = kindNames.map((kind) => ({
    kind,
    name: Buffer.from(JSON.stringify(kind)),
    // Headers may hold what is not to be stored.
    members: new ObjectScan(
      membersFrom(kindSchemas[kind], {
        headers: orNull((bytes, at) => behindObject(bytes, at, 0)),
      }),
      true,
    ),
  }));
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
   * @param at where an event may begin
   * @returns null: it is no event, or no ordinary one
   */
  read(bytes: Buffer, at: number): EventRecord | null {
    const event = this.#event;
    this.#end = event.scan(bytes, at);
    if (this.#end === UNSURE) return null;
    const timestamp = event.string(bytes, 'timestamp') as string;
    const timestampNs = parseTimestamp(timestamp);
    if (timestampNs === null) return null;
    const { kind, members } = this.#payload;
    return {
      id: event.string(bytes, 'id') as string,
      traceId: event.string(bytes, 'trace_id') as string,
      parentId: event.string(bytes, 'parent_id'),
      timestamp,
      timestampNs,
      kind,
      service: this.#known.service,
      payload: this.#payloadText(bytes),
      metadata: this.#known.text,
      vector: event.listText(bytes, 'causality_vector'),
      lockSet: event.listText(bytes, 'lock_set'),
      extra: '',
      operation: this.#operation(bytes),
      isError: isErrorOf(
        kind,
        kind === 'HttpResponse' ? Number(members.text(bytes, 'status')) : null,
      ),
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
    const text = withNull(bytes.toString('utf8', start, end), members, 'duration_ns');
    const service = members.string(bytes, 'service_name') as string;
    const isKept = end - start <= KNOWN_BYTES_MAX;
    this.#known = {
      bytes: Buffer.from(bytes.subarray(start, isKept ? end : start)),
      text,
      service,
    };
    return end;
  }

  #payloadText(bytes: Buffer): string {
    const text = bytes.toString('utf8', this.#payloadAt, this.#payloadEnd);
    const { kind, members } = this.#payload;
    return kind === 'StateChange' ? withNull(text, members, 'old_value') : text;
  }

  #operation(bytes: Buffer): string {
    const { kind, members } = this.#payload;
    const names = operationMembers[kind];
    if (names === undefined) return kind;
    const operation = names.map((name) => members.string(bytes, name)).join(' ');
    return shortened(operation, limits.operationCharacters);
  }
}

/** The text of an object of at least one member, with one more that is null when it is not there. */
function withNull(text: string, members: ObjectScan, name: string): string {
  return members.has(name) ? text : `${text.slice(0, -1)},"${name}":null}`;
}
