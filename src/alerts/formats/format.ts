import type { AlertReceiver } from '../../config/values/alert.ts';
import type { Alert } from '../alert.ts';
import type { Delivery, DeliveryAnswer } from '../transport/pinned-request.ts';

/** What a message is made for, beside its alerts. */
export interface Envelope {
  readonly receiver: AlertReceiver;
  readonly version: string;
  /** `server.public_url`; null: not known. */
  readonly publicUrl: string | null;
  readonly nowMs: number;
}

/** How one kind of receiver wants to be told. */
export interface Format {
  /** Alerts in one message. */
  readonly alertsMax: number;
  /** The requests that tell of alerts, one after the other. */
  deliveries(alerts: readonly Alert[], envelope: Envelope): readonly Delivery[];
  /** What the receiver calls the alert from now on, by its answer; null: nothing. */
  referenceOf?(answer: DeliveryAnswer): string | null;
}

/** A request with a JSON body. */
export function jsonPost(url: URL, body: string, headers: Record<string, string> = {}): Delivery {
  const type = 'application/json; charset=utf-8';
  return { method: 'POST', url, body, headers: { 'content-type': type, ...headers } };
}
