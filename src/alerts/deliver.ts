import type { AlertType } from '../domain/alert-type.ts';
import type { Alert } from './alert.ts';
import { alertmanager } from './formats/alertmanager.ts';
import { mattermost, slack } from './formats/chat.ts';
import type { Envelope, Format } from './formats/format.ts';
import { github } from './formats/github.ts';
import { webhook } from './formats/webhook.ts';
import { DeliveryFault } from './transport/delivery-fault.ts';
import { type DeliveryAnswer, type Route, sendPinned } from './transport/pinned-request.ts';

const formats: Readonly<Record<AlertType, Format>> = {
  webhook,
  slack,
  mattermost,
  alertmanager,
  github,
};

/** A message, at its first try or any other, is done within that time. */
export const deliveryTimeoutMs = 10_000;

/** Answers after which the same message would be refused again. */
const finalStatuses: readonly number[] = [400, 413, 422];

/** The alerts that one message to a receiver takes. */
export function alertsMaxOf(type: AlertType): number {
  return formats[type].alertsMax;
}

/**
 * Sends alerts to a receiver, and gives what it calls them from now on.
 *
 * @throws {DeliveryFault} when it did not take them
 */
export async function deliver(
  alerts: readonly Alert[],
  envelope: Envelope,
  route: Route,
): Promise<string | null> {
  const format = formats[envelope.receiver.type];
  let reference: string | null = null;
  for (const delivery of format.deliveries(alerts, envelope)) {
    const answer = await sendPinned(delivery, route);
    refuse(answer);
    reference = format.referenceOf?.(answer) ?? reference;
  }
  return reference;
}

function refuse({ status, retryAfterSeconds }: DeliveryAnswer): void {
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400) {
    const advice = 'which is not followed: write the place that it leads to into url';
    throw new DeliveryFault(`answered with a redirect (${status}), ${advice}`);
  }
  const isFinal = finalStatuses.includes(status);
  throw new DeliveryFault(`answered ${status}`, { retryAfterSeconds, isFinal });
}
