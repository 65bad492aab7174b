import { memberIn } from '../json-members.ts';
import { limits } from '../limits.ts';
import type { TraceEvent } from './event.ts';

/**
 * The release of the service that sent an event: its tag `version`, else `service.version` of the resource
 * of its span; null where neither says one.
 */
export function releaseOf(event: TraceEvent): string | null {
  if (event.derived !== undefined) return event.derived.release;
  const resource = memberIn(event.otel, 'resource');
  return (
    releaseText(event.metadata.tags?.['version']) ??
    releaseText(memberIn(memberIn(resource, 'attributes'), 'service.version'))
  );
}

function releaseText(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null;
  return value.length > limits.nameCharacters ? null : value;
}
