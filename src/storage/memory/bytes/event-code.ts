import type { EventRecord } from '../../../domain/event/event.ts';
import { kindNames } from '../../../domain/event/event-kind.ts';
import { ByteReader } from '../../bytes/byte-writer.ts';
import { AS_WRITTEN, timestampText } from '../../bytes/timestamp-code.ts';
import { ID_BYTES } from './id-index.ts';

/*
 * An event as a record: length (4 bytes), event id (16), instant (8), kind, flags, timestamp code (1
 * each), then service number, parent id, timestamp, operation, payload, metadata, vector, lock set and
 * extra members, as far as the flags do not say that they follow from something else.
 */
export const ID_AT = 4;
export const INSTANT_AT = ID_AT + ID_BYTES;
export const KIND_AT = INSTANT_AT + 8;
export const FLAGS_AT = KIND_AT + 1;

export const flag = {
  isError: 1,
  hasParent: 2,
  /** The parent is the record before, as it is in every chain of an SDK. */
  parentIsBefore: 4,
  /** Metadata is that of an earlier record: its place follows. */
  metadataIsEarlier: 8,
  hasVector: 16,
  hasLockSet: 32,
  hasExtra: 64,
  /** In place of the texts there is what it was sent as: number of the sender, part, place of the bytes. */
  isSource: 128,
} as const;

/** Reads a record that is no source. */
export function readRecord(
  buffer: Buffer,
  offset: number,
  traceId: string,
  serviceAt: (number: number) => string,
): EventRecord {
  const reader = new ByteReader(buffer, offset + ID_AT);
  const id = reader.uuid();
  const timestampNs = reader.uint64();
  const kind = kindNames[reader.uint8()] as EventRecord['kind'];
  const flags = reader.uint8();
  const code = reader.uint8();
  const service = serviceAt(reader.count());
  const parentId = readParent(buffer, reader, flags);
  const timestamp = code === AS_WRITTEN ? reader.text() : timestampText(code, timestampNs);
  const operation = reader.text();
  const payload = reader.text();
  const metadata =
    (flags & flag.metadataIsEarlier) === 0
      ? reader.text()
      : new ByteReader(buffer, reader.count()).text();
  return {
    id,
    traceId,
    parentId,
    timestamp,
    timestampNs,
    kind,
    service,
    payload,
    metadata,
    vector: (flags & flag.hasVector) === 0 ? '[]' : reader.text(),
    lockSet: (flags & flag.hasLockSet) === 0 ? '[]' : reader.text(),
    extra: (flags & flag.hasExtra) === 0 ? '' : reader.text(),
    operation,
    isError: (flags & flag.isError) !== 0,
  };
}

/** The metadata of a record that is no source; null where it is that of an earlier one. */
export function ownMetadata(buffer: Buffer, offset: number): string | null {
  const flags = buffer[offset + FLAGS_AT] as number;
  if ((flags & flag.metadataIsEarlier) !== 0) return null;
  const code = buffer[offset + FLAGS_AT + 1];
  const reader = new ByteReader(buffer, offset + FLAGS_AT + 2);
  reader.count();
  if ((flags & flag.parentIsBefore) !== 0) reader.count();
  else if ((flags & flag.hasParent) !== 0) reader.skip(ID_BYTES);
  const textsBefore = code === AS_WRITTEN ? 3 : 2;
  for (let text = 0; text < textsBefore; text += 1) reader.skip(reader.count());
  return reader.text();
}

function readParent(buffer: Buffer, reader: ByteReader, flags: number): string | null {
  if ((flags & flag.hasParent) === 0) return null;
  if ((flags & flag.parentIsBefore) === 0) return reader.uuid();
  return new ByteReader(buffer, reader.count() + ID_AT).uuid();
}
