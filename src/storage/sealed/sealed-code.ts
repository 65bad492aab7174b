import { promisify } from 'node:util';
import { crc32, deflateRaw, inflateRaw } from 'node:zlib';
import type { EventRecord } from '../../domain/event/event.ts';
import type { KindName } from '../../domain/event/event-kind.ts';
import { ByteReader, ByteWriter } from '../bytes/byte-writer.ts';
import { AS_WRITTEN, timestampCode, timestampText } from '../bytes/timestamp-code.ts';
import { dictionaryOf } from './dictionary.ts';

/** An event of a sealed trace. */
export interface SealedEvent {
  readonly event: EventRecord;
  /** When it was received, in microseconds since 1970. */
  readonly receivedUs: bigint;
}

/**
 * How documents are written now. Every version that was ever written is read for good: a dictionary is
 * never changed, a new one makes a new version.
 */
const VERSION = 1;
const LEVEL = 9;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Shared: nothing stays in it between calls, and nobody waits while it is used. */
const writer = new ByteWriter();

/**
 * All events of one trace as one document: the version; the ids, which nothing makes smaller; CRC-32 of all; then
 * the rest by columns, deflated with a dictionary.
 *
 * @param events by timestamp, then id; at least one
 */
export async function sealedBytes(events: readonly SealedEvent[]): Promise<Buffer> {
  writer.clear();
  writer.uint8(VERSION);
  writer.count(events.length);
  for (const { event } of events) writer.uuid(event.id);
  const head = Buffer.from(writer.bytes);
  const columns = columnsOf(events);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(columns, crc32(head)));
  const dictionary = dictionaryOf(VERSION);
  return Buffer.concat([head, checksum, await deflate(columns, { dictionary, level: LEVEL })]);
}

/**
 * The events of a document, in its order.
 *
 * @throws {Error} when the bytes are no document, are damaged, or of a later version
 */
export async function sealedEvents(traceId: string, bytes: Buffer): Promise<SealedEvent[]> {
  const reader = new ByteReader(bytes, 0);
  const version = reader.uint8();
  if (version !== VERSION) {
    throw new Error(`a sealed trace is of version ${version}, which this program does not know`);
  }
  const ids = Array.from({ length: reader.count() }, () => reader.uuid());
  const head = bytes.subarray(0, reader.position);
  const checksum = reader.uint32();
  const dictionary = dictionaryOf(version);
  const columns = await inflate(bytes.subarray(reader.position), { dictionary });
  if (crc32(columns, crc32(head)) !== checksum) throw new Error('a sealed trace is damaged');
  return readColumns(traceId, ids, new ByteReader(columns, 0));
}

/** The texts of an event that stand as they are, in the order of their columns. */
const textColumns = [
  'kind',
  'service',
  'operation',
  'payload',
  'metadata',
  'vector',
  'lockSet',
  'extra',
] as const satisfies readonly (keyof EventRecord)[];

function columnsOf(events: readonly SealedEvent[]): Buffer {
  writer.clear();
  writeParents(events);
  let before = 0n;
  for (const { event } of events) {
    writeSigned(event.timestampNs - before);
    before = event.timestampNs;
  }
  for (const { event } of events) {
    const code = timestampCode(event.timestamp);
    writer.uint8(code);
    if (code === AS_WRITTEN) writer.text(event.timestamp);
  }
  before = 0n;
  for (const { receivedUs } of events) {
    writeSigned(receivedUs - before);
    before = receivedUs;
  }
  for (const { event } of events) writer.uint8(event.isError ? 1 : 0);
  for (const column of textColumns) writeTexts(events.map(({ event }) => event[column]));
  return Buffer.from(writer.bytes);
}

function readColumns(traceId: string, ids: readonly string[], reader: ByteReader): SealedEvent[] {
  const parents = ids.map(() => readParent(reader, ids));
  let before = 0n;
  const times = ids.map(() => {
    before += readSigned(reader);
    return before;
  });
  const timestamps = times.map((timestampNs) => {
    const code = reader.uint8();
    return code === AS_WRITTEN ? reader.text() : timestampText(code, timestampNs);
  });
  before = 0n;
  const receipts = ids.map(() => {
    before += readSigned(reader);
    return before;
  });
  const errors = ids.map(() => reader.uint8() === 1);
  const texts = new Map(textColumns.map((column) => [column, readTexts(reader, ids.length)]));
  const textOf = (column: (typeof textColumns)[number], place: number) =>
    texts.get(column)?.[place] ?? '';
  return ids.map((id, place) => ({
    event: {
      id,
      traceId,
      parentId: parents[place] ?? null,
      timestamp: timestamps[place] ?? '',
      timestampNs: times[place] ?? 0n,
      kind: textOf('kind', place) as KindName,
      service: textOf('service', place),
      payload: textOf('payload', place),
      metadata: textOf('metadata', place),
      vector: textOf('vector', place),
      lockSet: textOf('lockSet', place),
      extra: textOf('extra', place),
      operation: textOf('operation', place),
      isError: errors[place] === true,
    },
    receivedUs: receipts[place] ?? 0n,
  }));
}

/** 0: none; 1: an id that is none of these events follows; else the place of the event that it is, and 2. */
function writeParents(events: readonly SealedEvent[]): void {
  const places = new Map(events.map(({ event }, place) => [event.id, place]));
  for (const { event } of events) {
    if (event.parentId === null) {
      writer.count(0);
      continue;
    }
    const place = places.get(event.parentId);
    writer.count(place === undefined ? 1 : place + 2);
    if (place === undefined) writer.uuid(event.parentId);
  }
}

function readParent(reader: ByteReader, ids: readonly string[]): string | null {
  const code = reader.count();
  if (code === 0) return null;
  return code === 1 ? reader.uuid() : (ids[code - 2] ?? null);
}

/** A column of texts: 0 and the text where it is new, else which of the new ones it is. */
function writeTexts(texts: readonly string[]): void {
  const known = new Map<string, number>();
  for (const text of texts) {
    const place = known.get(text);
    writer.count(place ?? 0);
    if (place !== undefined) continue;
    known.set(text, known.size + 1);
    writer.text(text);
  }
}

function readTexts(reader: ByteReader, length: number): string[] {
  const known: string[] = [];
  return Array.from({ length }, () => {
    const place = reader.count();
    if (place !== 0) return known[place - 1] ?? '';
    const text = reader.text();
    known.push(text);
    return text;
  });
}

/** A whole number of 64 bits: its size in 7 bits a byte, the sign in the lowest bit. */
function writeSigned(value: bigint): void {
  let rest = value < 0n ? -value * 2n - 1n : value * 2n;
  for (; rest >= 0x80n; rest >>= 7n) writer.uint8(Number(rest & 0x7fn) | 0x80);
  writer.uint8(Number(rest));
}

function readSigned(reader: ByteReader): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = reader.uint8();
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
}
