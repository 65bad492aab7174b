import { limits } from '../limits.ts';
import { type Attributes, textOf } from './attribute.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { type EventPayload, PayloadBuilder } from './payload.ts';

/** Whether attributes tell of an exception. */
export function hasException(attributes: Attributes): boolean {
  return textOf(attributes.get('exception.type')) !== null || hasMessage(attributes);
}

function hasMessage(attributes: Attributes): boolean {
  return textOf(attributes.get('exception.message')) !== null;
}

/** What an exception becomes; null when nothing is told of it, or more than an `Error` can hold. */
export function exceptionPayload(
  attributes: Attributes,
  writer: AttributeWriter,
): EventPayload | null {
  if (!hasException(attributes)) return null;
  const builder = new PayloadBuilder('Error', attributes, writer);
  const shown = (name: string) => builder.shown(name, attributes.get(name));
  const type = shown('exception.type');
  if (type !== null && type.length > limits.nameCharacters) return null;
  const message = shown('exception.message');
  const lines = shown('exception.stacktrace')?.split('\n') ?? null;
  if (lines !== null && lines.length > limits.stackTraceLines) return null;
  builder.name('error_type', type ?? 'exception');
  if (type !== null) builder.moved('exception.type', 'error_type');
  builder.text('message', message ?? '');
  if (message !== null) builder.moved('exception.message', 'message');
  if (lines === null) builder.json('stack_trace', 'null');
  else {
    builder.json('stack_trace', `[${lines.map((line) => writer.text(line)).join(',')}]`);
    builder.moved('exception.stacktrace', 'stack_trace');
  }
  return builder.build();
}
