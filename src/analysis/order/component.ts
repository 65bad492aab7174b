import type { TraceEvent } from '../../domain/event/event.ts';

/** `service#instance`, as SDKs name a clock component; null without an instance. */
export function componentOf(event: TraceEvent): string | null {
  const { service_name: service, instance_id: instance } = event.metadata;
  return typeof instance === 'string' ? `${service}#${instance}` : null;
}

/** The SDK that made an event, as it says itself. */
export function sdkOf(event: TraceEvent): string | null {
  const language = event.metadata.tags?.['sdk_language'];
  return typeof language === 'string' ? language : null;
}
