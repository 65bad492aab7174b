import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText } from '../../../src/domain/event/event.ts';
import { readEvent } from '../../../src/domain/event/read-event.ts';
import { nothingRedacted } from '../../../src/domain/event/redaction.ts';
import { parseJson } from '../../../src/domain/json.ts';
import { readJsonLogs } from '../../../src/domain/otlp/json/json-logs.ts';
import { readJsonSpans } from '../../../src/domain/otlp/json/json-spans.ts';
import { spansToJson } from '../../../src/domain/otlp/json/write-json.ts';
import { OtlpReader } from '../../../src/domain/otlp/otlp-batch.ts';
import { readProtobufLogs } from '../../../src/domain/otlp/protobuf/protobuf-logs.ts';
import { readProtobufSpans } from '../../../src/domain/otlp/protobuf/protobuf-spans.ts';
import { storedSpans } from '../../../src/domain/otlp/stored-spans.ts';
import { recordedExports, recordingNames } from '../../support/otlp-recordings.ts';
import { assertCarefully } from './careful.ts';
import { libraryBytes, libraryJson, withBase64Ids } from './library.ts';
import { plainEvent, plainLogs, plainSpans } from './plain.ts';

for (const name of recordingNames()) {
  const exports = recordedExports(name);
  const traces = exports.filter(({ path }) => path === '/v1/traces');
  const logs = exports.filter(({ path }) => path === '/v1/logs');

  test(`${name}: protobuf and JSON are read as the library reads them`, () => {
    for (const { format, body } of traces) {
      const bytes = format === 'protobuf' ? body : libraryBytes('traces', withBase64Ids(body));
      const json = format === 'json' ? body : libraryJson('traces', body);
      const spans = plainSpans(readProtobufSpans(bytes));
      assert.ok(Object.keys(spans).length > 0);
      assert.deepEqual(spans, plainSpans(readJsonSpans(json)));
    }
    for (const { format, body } of logs) {
      const bytes = format === 'protobuf' ? body : libraryBytes('logs', withBase64Ids(body));
      const json = format === 'json' ? body : libraryJson('logs', body);
      assert.deepEqual(plainLogs(readProtobufLogs(bytes)), plainLogs(readJsonLogs(json)));
    }
  });

  test(`${name}: the spans come back from the events, through text and through JSON`, () => {
    const reader = new OtlpReader(nothingRedacted);
    for (const { format, body } of traces) {
      const sent = format === 'json' ? readJsonSpans(body) : readProtobufSpans(body);
      const batch = reader.traces(body, format, null);
      const { events, rejections } = batch;
      assertCarefully(batch, body, format);
      assert.equal(rejections.message, '');
      const ids = new Set(events.map(({ traceId, id }) => `${traceId} ${id}`));
      assert.equal(ids.size, events.length);
      const read = events.map((event) => {
        const { value, unusual } = parseJson(eventText(event));
        const outcome = readEvent(value, unusual, () => {});
        assert.ok('record' in outcome);
        assert.deepEqual({ ...outcome.record, isError: event.isError }, plainEvent(event));
        return outcome.record;
      });
      const expected = plainSpans(sent);
      const restored = storedSpans(read);
      assert.deepEqual(plainSpans(restored), expected);
      assert.deepEqual(plainSpans(readJsonSpans(Buffer.from(spansToJson(restored)))), expected);
    }
  });
}
