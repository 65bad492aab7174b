import { createHash } from 'node:crypto';
import type { Finding, FindingEvent } from '../../domain/findings/finding.ts';

const NAME_DIGITS = 16;

/**
 * Names what met: a variable's pattern, its environments and two operations. What they did to each
 * other there is one story, however many pairs of sites tell a part of it.
 */
export function meetingName({ subject, witness }: Finding): string {
  const { variable, environments } = subject;
  const text = JSON.stringify([variable, environments, ...witness.events.map(actorText).sort()]);
  return createHash('sha256').update(text).digest('hex').slice(0, NAME_DIGITS);
}

function actorText({ service, operation }: FindingEvent): string {
  return JSON.stringify([service, operation]);
}
