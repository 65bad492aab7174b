import type { AttributeValue } from '../attribute.ts';
import type { Group, LogRecord } from '../telemetry.ts';
import { readGroups } from './protobuf-groups.ts';
import { AttributeList, readValue } from './protobuf-values.ts';
import type { WireReader } from './wire-reader.ts';

/** The log records of an `ExportLogsServiceRequest`. */
export function readProtobufLogs(body: Buffer): Iterable<Group<LogRecord>> {
  return readGroups(body, readLogRecord);
}

function readLogRecord(reader: WireReader): LogRecord {
  const outer = reader.enter();
  const attributes = new AttributeList();
  let timeNs = 0n;
  let observedNs = 0n;
  let severityNumber = 0;
  let severityText = '';
  let eventName = '';
  let body: AttributeValue = null;
  let droppedAttributes = 0;
  let flags = 0;
  let traceId = '';
  let spanId = '';
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x09) timeNs = reader.fixed64();
    else if (tag === 0x10) severityNumber = reader.uint32();
    else if (tag === 0x1a) severityText = reader.text();
    else if (tag === 0x2a) body = readValue(reader);
    else if (tag === 0x32) attributes.read(reader);
    else if (tag === 0x38) droppedAttributes = reader.uint32();
    else if (tag === 0x45) flags = reader.fixed32();
    else if (tag === 0x4a) traceId = reader.hex();
    else if (tag === 0x52) spanId = reader.hex();
    else if (tag === 0x59) observedNs = reader.fixed64();
    else if (tag === 0x62) eventName = reader.text();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return {
    timeNs,
    observedNs,
    severityNumber,
    severityText,
    eventName,
    body,
    attributes: attributes.map,
    droppedAttributes,
    flags,
    traceId,
    spanId,
  };
}
