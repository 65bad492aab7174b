import type { EventSender } from '../../event/event.ts';
import { AttributeWriter } from '../attribute-text.ts';
import { spanReaders } from '../otlp-batch.ts';
import { SpanRecords } from '../span-records.ts';
import { type SenderDescription, SpanSender } from './span-sender.ts';

/** What must not be stored was taken out before anything of a span was kept. */
const records = new SpanRecords(new AttributeWriter(() => false));

/** A sender as it was when {@link EventSender.description} was asked for, which reads the same. */
export function restoredSender(description: string): EventSender {
  const { format, parts, members, scopeName } = JSON.parse(description) as SenderDescription;
  const scope = {
    name: scopeName,
    version: '',
    attributes: new Map(),
    droppedAttributes: 0,
    schemaUrl: '',
  };
  const origin = { parts: { tags: [], ...parts, fault: null }, members, fault: null };
  return new SpanSender(origin, scope, records, format, spanReaders[format]);
}
