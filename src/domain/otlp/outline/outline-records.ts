import type { EventRecord } from '../../event/event.ts';
import type { KindName } from '../../event/event-kind.ts';
import { namedOperation, requestOperation } from '../../event/operation.ts';
import { limits } from '../../limits.ts';
import { spanEventId } from '../event-ids.ts';
import { isServerError } from '../payload.ts';
import { statusOf, urlWithoutOrigin } from '../span-payload.ts';
import { spanSources } from '../span-records.ts';
import { ERROR_STATUS, spanKinds } from '../telemetry.ts';
import { valueKinds } from './noted-attributes.ts';
import { SpanEvent } from './span-event.ts';
import type { SpanOutline } from './span-outline.ts';
import type { SpanSender } from './span-sender.ts';

/** What a span becomes, as far as its texts are not needed for it. */
interface Step {
  readonly kind: KindName;
  readonly operation: string;
  /** What its duration is compared with. */
  readonly compared: string;
}

/**
 * Adds the events of a span to a list, with their texts left out: the same events that `SpanRecords`
 * makes of it.
 *
 * @returns false: it is no ordinary span, and nothing is added
 */
export function addOutlined(
  outline: SpanOutline,
  sender: SpanSender,
  records: EventRecord[],
): boolean {
  const { traceId, spanId, parentSpanId, kind, startNs, endNs, statusCode } = outline;
  const isServer = kind === spanKinds.server && outline.attributes.find('httpMethod') !== -1;
  const step = isServer ? requestStep(outline) : stepOf(outline);
  const status = isServer ? httpStatus(outline) : 0;
  if (step === null || status === null) return false;
  const { service, environment } = sender;
  const isEntry = kind === spanKinds.server || kind === spanKinds.consumer || parentSpanId === '';
  const isError = isEntry && (statusCode === ERROR_STATUS || isServerError(status));
  const ms = Number(endNs - startNs) / 1e6;
  const { bytes, start, end } = outline;
  const id = spanEventId(spanId, 'span');
  const isCalled = isEntry && parentSpanId !== '';
  const duration = { ms, isFromStart: true, operation: step.compared, status: 0 };
  records.push(
    new SpanEvent({
      id,
      traceId,
      parentId: parentSpanId === '' ? null : spanEventId(parentSpanId, 'span'),
      timestampNs: startNs,
      kind: step.kind,
      service,
      operation: step.operation,
      isError: !isServer && isError,
      facts: { isCalled, environment, duration: isServer ? null : duration },
      source: { bytes, start, end, sender, part: spanSources.span },
    }),
  );
  if (!isServer) return true;
  records.push(
    new SpanEvent({
      id: spanEventId(spanId, 'response'),
      traceId,
      parentId: id,
      timestampNs: endNs,
      kind: 'HttpResponse',
      service,
      operation: 'HttpResponse',
      isError,
      facts: { isCalled, environment, duration: { ...duration, isFromStart: false, status } },
      source: { bytes, start, end, sender, part: spanSources.response },
    }),
  );
  return true;
}

function requestStep(outline: SpanOutline): Step | null {
  const method = outline.text('httpMethod');
  const url = urlOf(outline);
  if (method === null || url === null || method.length > limits.nameCharacters) return null;
  const operation = requestOperation(method, url);
  return { kind: 'HttpRequest', operation, compared: operation };
}

function urlOf(outline: SpanOutline): string | null {
  const { attributes } = outline;
  if (attributes.find('urlPath') !== -1) return outline.text('urlPath');
  if (attributes.find('urlFull') === -1) return outline.text('httpRoute');
  const full = outline.text('urlFull');
  return full === null ? null : urlWithoutOrigin(full);
}

function stepOf(outline: SpanOutline): Step | null {
  const { kind, attributes } = outline;
  if (kind === spanKinds.producer || kind === spanKinds.consumer) return messageStep(outline);
  if (kind !== spanKinds.server && attributes.find('dbSystem') !== -1) return queryStep(outline);
  if (outline.nameLength > limits.operationCharacters) return null;
  return { kind: 'FunctionCall', operation: outline.name, compared: outline.functionOperation };
}

function queryStep(outline: SpanOutline): Step | null {
  const compared = outline.statementOperation;
  const database = outline.text('dbNamespace');
  if (compared === null || database === null || database.length > limits.nameCharacters)
    return null;
  return { kind: 'DatabaseQuery', operation: 'DatabaseQuery', compared };
}

/** Its name is short enough to be shown whole. */
function messageStep(outline: SpanOutline): Step | null {
  const otherwise = outline.kind === spanKinds.producer ? 'publish' : 'process';
  const isNamed = outline.attributes.find('messagingOperation') !== -1;
  const operation = isNamed ? outline.text('messagingOperation') : otherwise;
  if (operation === null || operation.length > limits.operationCharacters) return null;
  return { kind: 'Custom', operation, compared: namedOperation(operation) };
}

/** The status that a request was answered with; null when that is no ordinary number. */
function httpStatus({ attributes }: SpanOutline): number | null {
  const place = attributes.find('httpStatus');
  if (place === -1) return 0;
  return attributes.kindAt(place) === valueKinds.number
    ? statusOf(attributes.startAt(place))
    : null;
}
