import { limits } from '../limits.ts';
import { wholeNumberOf } from './attribute.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { type EventPayload, PayloadBuilder } from './payload.ts';
import { find } from './semantic-names.ts';
import { millisecondsText } from './span-time.ts';
import { type InstrumentationScope, type Span, spanKinds } from './telemetry.ts';

const UINT16_MAX = 65_535;
const UINT32_MAX = 4_294_967_295;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Whether a span is a request that a server of HTTP answered. */
export function isHttpServer({ kind, attributes }: Span): boolean {
  return kind === spanKinds.server && find(attributes, 'httpMethod') !== null;
}

/** Whether a span begins the work of a service: others of the service are done for it. */
export function isEntry({ kind, parentSpanId }: Span): boolean {
  return kind === spanKinds.server || kind === spanKinds.consumer || parentSpanId === '';
}

/** The status that a request was answered with; 0 when nobody says. */
export function httpStatus({ attributes }: Span): number {
  return statusOf(wholeNumberOf(find(attributes, 'httpStatus')?.value));
}

/** A number as a status of HTTP; 0 when it is none. */
export function statusOf(status: number | null): number {
  return status !== null && status >= 0 && status <= UINT16_MAX ? status : 0;
}

/** What of a URL stands behind its origin. */
export function urlWithoutOrigin(url: string): string {
  return url.replace(ORIGIN, '');
}

/** What a span becomes; a request of HTTP its beginning. */
export function spanPayload(
  span: Span,
  scope: InstrumentationScope,
  durationNs: bigint,
  writer: AttributeWriter,
): EventPayload {
  const { kind, attributes } = span;
  if (isHttpServer(span)) return requestPayload(span, writer);
  if (kind === spanKinds.producer || kind === spanKinds.consumer) {
    return messagePayload(span, writer);
  }
  const isQuery = kind !== spanKinds.server && find(attributes, 'dbSystem') !== null;
  if (isQuery) return queryPayload(span, durationNs, writer);
  return callPayload(span, scope, writer);
}

/** Whether the name of the span stands in the payload. */
export function holdsName({ kind }: EventPayload, { name }: Span): boolean {
  return kind === 'FunctionCall' && name.length <= limits.nameCharacters;
}

function requestPayload({ attributes }: Span, writer: AttributeWriter): EventPayload {
  const builder = new PayloadBuilder('HttpRequest', attributes, writer);
  builder.name('method', builder.textOf('httpMethod') ?? '');
  if (!builder.move('urlPath', 'url')) {
    const full = builder.textOf('urlFull');
    builder.text(
      'url',
      full === null ? (builder.textOf('httpRoute') ?? '') : urlWithoutOrigin(full),
    );
  }
  return builder.json('headers', 'null').build();
}

function queryPayload(span: Span, durationNs: bigint, writer: AttributeWriter): EventPayload {
  const builder = new PayloadBuilder('DatabaseQuery', span.attributes, writer);
  if (!builder.move('dbStatement', 'query')) builder.text('query', span.name);
  return builder
    .name('database', builder.textOf('dbNamespace') ?? '')
    .json('duration_ms', millisecondsText(durationNs))
    .build();
}

function messagePayload({ attributes, kind }: Span, writer: AttributeWriter): EventPayload {
  const builder = new PayloadBuilder('Custom', attributes, writer);
  const otherwise = kind === spanKinds.producer ? 'publish' : 'process';
  const system = writer.text(builder.textOf('messagingSystem') ?? '');
  const destination = writer.text(builder.textOf('messagingDestination') ?? '');
  return builder
    .name('name', builder.textOf('messagingOperation') ?? otherwise)
    .json('data', `{"system":${system},"destination":${destination}}`)
    .build('{"blocking":false}');
}

function callPayload(
  { name, attributes }: Span,
  scope: InstrumentationScope,
  writer: AttributeWriter,
): EventPayload {
  const builder = new PayloadBuilder('FunctionCall', attributes, writer);
  const line = wholeNumberOf(find(attributes, 'codeLine')?.value) ?? 0;
  return builder
    .text('function_name', name.slice(0, limits.nameCharacters).toWellFormed())
    .text('module', scope.name)
    .json('args', '{}')
    .text('file', builder.textOf('codeFile') ?? '')
    .json('line', String(line >= 0 && line <= UINT32_MAX ? line : 0))
    .build();
}
