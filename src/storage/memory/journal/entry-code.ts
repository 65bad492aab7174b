import { crc32 } from 'node:zlib';
import { readAcceptedBatch } from '../../../domain/event/batch.ts';
import { type EventRecord, type EventSender, eventText } from '../../../domain/event/event.ts';
import { restoredSender } from '../../../domain/otlp/outline/restored-sender.ts';
import { ByteReader, ByteWriter } from '../../bytes/byte-writer.ts';

/** The events of one trace in one request. */
export interface JournalEntry {
  /** Its place among the entries of one append. */
  readonly place: number;
  readonly receivedNs: bigint;
  /** Name of the key that they were sent with; null: without one. */
  readonly keyName: string | null;
  readonly events: readonly EventRecord[];
}

/** How entries are written. A program refuses those of a version that it does not know. */
const VERSION = 1;
/** CRC-32 of all that follows it. */
const CHECKSUM_BYTES = 4;
/** What an event stands as, in one byte each. */
const flag = {
  isError: 1,
  /** What OpenTelemetry sent of a span; all others are in the body, as a client would send them. */
  isSource: 2,
} as const;

/** Shared: nothing stays in it between calls. */
const writer = new ByteWriter();

/** An entry as bytes, which are the caller's. */
export function entryBytes({ place, receivedNs, keyName, events }: JournalEntry): Buffer {
  writer.clear();
  writer.uint32(0);
  writer.uint8(VERSION);
  writer.count(place);
  writer.uint64(receivedNs);
  writer.text(keyName ?? '');
  const senders = new Set<EventSender>();
  for (const { source } of events) if (source !== undefined) senders.add(source.sender);
  writer.count(senders.size);
  for (const { description } of senders) writer.text(description);
  const numbers = [...senders];
  writer.count(events.length);
  let body = '{"events":[';
  for (const event of events) {
    const { source, isError } = event;
    if (source === undefined) {
      writer.uint8(isError ? flag.isError : 0);
      body += `${body.endsWith('[') ? '' : ','}${eventText(event)}`;
      continue;
    }
    writer.uint8(flag.isSource | (isError ? flag.isError : 0));
    writer.count(numbers.indexOf(source.sender));
    writer.count(source.part);
    writer.part(source.bytes, source.start, source.end);
  }
  writer.text(`${body}]}`);
  writer.setUint32(0, crc32(writer.bytes.subarray(CHECKSUM_BYTES)));
  return Buffer.from(writer.bytes);
}

/**
 * Reads what {@link entryBytes} wrote.
 *
 * @throws {Error} when the bytes are none, or of a later version
 */
export function readEntry(bytes: Buffer): JournalEntry {
  const reader = new ByteReader(bytes, 0);
  if (reader.uint32() !== crc32(bytes.subarray(CHECKSUM_BYTES))) {
    throw new Error('its checksum is another');
  }
  const version = reader.uint8();
  if (version !== VERSION) throw new Error(`an entry is of version ${version}, not ${VERSION}`);
  const place = reader.count();
  const receivedNs = reader.uint64();
  const keyName = reader.text();
  const senders = Array.from({ length: reader.count() }, () => restoredSender(reader.text()));
  const shapes = Array.from({ length: reader.count() }, () => readShape(reader, senders));
  const batch = readAcceptedBatch(reader.part());
  const sent = batch?.events.values();
  const events = shapes.map(({ isError, read }): EventRecord => {
    const event = read === null ? sent?.next().value : read();
    if (event === undefined) throw new Error('an entry has fewer events than it says');
    return event.isError === isError ? event : { ...event, isError };
  });
  return { place, receivedNs, keyName: keyName === '' ? null : keyName, events };
}

/** How one event stands: in the body (null), or by what reads it. */
interface Shape {
  readonly isError: boolean;
  readonly read: (() => EventRecord) | null;
}

function readShape(reader: ByteReader, senders: readonly EventSender[]): Shape {
  const flags = reader.uint8();
  const isError = (flags & flag.isError) !== 0;
  if ((flags & flag.isSource) === 0) return { isError, read: null };
  const sender = senders[reader.count()];
  if (sender === undefined) throw new Error('an event names a sender that is not there');
  const part = reader.count();
  const bytes = reader.part();
  const source = { bytes, start: 0, end: bytes.length, sender, part };
  return { isError, read: () => ({ ...sender.read(bytes, part), source }) };
}
