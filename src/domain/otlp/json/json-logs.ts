import type { JsonObject } from '../../json.ts';
import type { Group, LogRecord } from '../telemetry.ts';
import { readJsonGroups } from './json-groups.ts';
import { hex, memberOf, text, uint32, uint64 } from './json-members.ts';
import { readAttributes, readValue } from './json-values.ts';

/** The log records of an `ExportLogsServiceRequest` in JSON. */
export function readJsonLogs(body: Buffer): Group<LogRecord>[] {
  const names = { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' };
  return readJsonGroups(body, names, readLogRecord);
}

function readLogRecord(record: JsonObject, path: string): LogRecord {
  return {
    timeNs: uint64(record, 'timeUnixNano', path),
    observedNs: uint64(record, 'observedTimeUnixNano', path),
    severityNumber: uint32(record, 'severityNumber', path),
    severityText: text(record, 'severityText', path),
    eventName: text(record, 'eventName', path),
    body: readValue(memberOf(record, 'body'), `${path}.body`),
    attributes: readAttributes(record, 'attributes', path),
    droppedAttributes: uint32(record, 'droppedAttributesCount', path),
    flags: uint32(record, 'flags', path),
    traceId: hex(record, 'traceId', path),
    spanId: hex(record, 'spanId', path),
  };
}
