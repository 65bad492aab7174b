import { ExactNumber, type JsonValue, stringifyJson } from '../../json.ts';
import { readJsonSpans } from '../json/json-spans.ts';
import type { Group, Span } from '../telemetry.ts';
import { readJaeger } from './read-jaeger.ts';
import { readZipkin } from './read-zipkin.ts';

/**
 * The spans in the JSON of another system: a request of OTLP, or a download of Jaeger or Zipkin.
 *
 * @returns null when it is none of these
 * @throws {UndecodableBody} when it is one of these, but broken
 */
export function foreignSpans(value: JsonValue): Iterable<Group<Span>> | null {
  if (Array.isArray(value)) return isZipkin(value) ? readZipkin(value) : null;
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return null;
  if (Object.hasOwn(value, 'resourceSpans')) {
    return readJsonSpans(Buffer.from(stringifyJson(value, true)));
  }
  const { data } = value;
  return Array.isArray(data) && data.every(isJaegerTrace) ? readJaeger(value) : null;
}

function isZipkin(elements: readonly JsonValue[]): boolean {
  return elements.flat().every((element) => hasMember(element, 'traceId'));
}

function isJaegerTrace(element: JsonValue): boolean {
  return hasMember(element, 'spans');
}

function hasMember(value: JsonValue, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}
