import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { OtlpFormat } from '../../src/domain/otlp/otlp-format.ts';
import { repositoryRoot } from './repository.ts';

/** A request that a real exporter sent. */
export interface RecordedExport {
  /** `/v1/traces`, `/v1/logs` or `/v1/metrics`. */
  readonly path: string;
  readonly format: OtlpFormat;
  /** What of the headers matters, and the body as it was sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sent: Buffer;
  /** The body, unpacked. */
  readonly body: Buffer;
  /** It goes over gRPC: the body is in protobuf then. Left out, over HTTP. */
  readonly transport?: 'grpc';
}

/** Where recordings are; another folder is looked at instead when the variable names one. */
export const recordingsFolder =
  process.env['RACEWAY_OTLP_RECORDINGS'] ?? join(repositoryRoot, 'test/fixtures/otlp');

/** Names of the recordings of a folder. */
export function recordingNames(folder = recordingsFolder): readonly string[] {
  const names = readdirSync(folder).filter((name) => /\.ndjson(?:\.gz)?$/.test(name));
  return names.map((name) => name.replace(/\.ndjson(?:\.gz)?$/, '')).sort();
}

/** The requests of a recording, in the order in which they came. */
export function recordedExports(name: string, folder = recordingsFolder): RecordedExport[] {
  const file = readdirSync(folder).find((found) => found.startsWith(`${name}.ndjson`)) ?? name;
  const bytes = readFileSync(join(folder, file));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return text.trim().split('\n').map(exportOf);
}

function exportOf(line: string): RecordedExport {
  const { path, headers, body, body_base64: base64 } = JSON.parse(line) as RecordedLine;
  const type = headers['content-type'] ?? '';
  const encoding = headers['content-encoding'];
  const sent =
    base64 === undefined ? Buffer.from(JSON.stringify(body)) : Buffer.from(base64, 'base64');
  return {
    path,
    format: type.includes('json') ? 'json' : 'protobuf',
    headers: {
      'content-type': type,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    sent,
    body: encoding === 'gzip' ? gunzipSync(sent) : sent,
  };
}

interface RecordedLine {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
  readonly body_base64?: string;
}
