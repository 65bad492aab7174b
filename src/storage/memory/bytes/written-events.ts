import type { EventRecord } from '../../../domain/event/event.ts';
import { SPAN_MEMBER } from '../../../domain/event/event-parts.ts';
import type { WrittenEvents } from '../../../domain/event/written-events.ts';
import { ownMetadata, readRecord } from './event-code.ts';

/** Reads events that a log wrote, by instant, then by id, without their services. */
export function readWritten({ traceId, bytes }: WrittenEvents): EventRecord[] {
  const buffer = bufferOf(bytes);
  return [...offsetsIn(buffer)]
    .map((offset) => readRecord(buffer, offset, traceId, () => ''))
    .sort(comparePositions);
}

function comparePositions(a: EventRecord, b: EventRecord): number {
  if (a.timestampNs !== b.timestampNs) return a.timestampNs < b.timestampNs ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** The metadata of these events, each text about once. */
export function metadataIn({ bytes }: WrittenEvents): string[] {
  const buffer = bufferOf(bytes);
  return [...offsetsIn(buffer)].flatMap((offset) => ownMetadata(buffer, offset) ?? []);
}

/** Whether some of these events may have been made of spans. */
export function mayHoldSpans({ bytes }: WrittenEvents): boolean {
  return bufferOf(bytes).includes(SPAN_MEMBER);
}

function* offsetsIn(buffer: Buffer): Generator<number> {
  for (let at = 0; at < buffer.length; at += buffer.readUInt32BE(at)) yield at;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
