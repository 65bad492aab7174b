import { randomUUID } from 'node:crypto';
import type { AlertReceiver } from '../config/values/alert.ts';
import type { Storage } from '../storage/storage.ts';
import type { Alert } from './alert.ts';
import type { Conditions } from './conditions.ts';
import { deliver, deliveryTimeoutMs } from './deliver.ts';
import { type Pace, usualPace } from './pace.ts';
import { type AlertLog, ReceiverLoop, type ReceiverState } from './receiver-loop.ts';
import type { Route } from './transport/pinned-request.ts';

/** Who is told, and how. */
export interface AlertSettings {
  readonly receivers: readonly AlertReceiver[];
  /** Hosts that may lead to private addresses. */
  readonly privateHosts: readonly string[];
  /** `server.public_url`; null: not known, so that alerts have no links. */
  readonly publicUrl: string | null;
  readonly version: string;
  readonly pace?: Pace;
  readonly timeoutMs?: number;
  readonly resolve?: Route['resolve'];
}

/**
 * Tells receivers of races and conditions, each in a loop of its own: one that hangs holds up no other, and
 * nobody who stores or analyses. What waits is in the storage, so that a stop loses nothing.
 */
export class Alerter {
  readonly #loops: readonly ReceiverLoop[];
  readonly #conditions: Conditions;
  readonly #pace: Pace;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | null = null;

  constructor(
    settings: AlertSettings,
    storage: Pick<Storage, 'alerts' | 'derived'>,
    conditions: Conditions,
    log: AlertLog,
  ) {
    const { receivers, publicUrl, pace = usualPace } = settings;
    const claimant = randomUUID();
    const send = (receiver: AlertReceiver, alerts: readonly Alert[]) =>
      sendAlerts(settings, receiver, alerts, this.#stop.signal);
    this.#conditions = conditions;
    this.#pace = pace;
    this.#loops = receivers.map(
      (receiver) => new ReceiverLoop({ receiver, storage, claimant, publicUrl, pace, log, send }),
    );
  }

  /** What became of the alerts of each receiver. */
  get states(): readonly ReceiverState[] {
    return this.#loops.map((loop) => loop.state);
  }

  start(): void {
    if (this.#loops.length === 0) return;
    this.#timer = setInterval(() => void this.turn(), this.#pace.stepMs).unref();
    void this.turn();
  }

  /** One step of each receiver. Never rejects. */
  async turn(): Promise<void> {
    const noticed = this.#conditions.take();
    await Promise.all(this.#loops.map((loop) => loop.step(noticed)));
  }

  /** Ends what is being sent; it waits for the next start, or for another instance. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const closed = this.#loops.map((loop) => loop.close());
    this.#stop.abort();
    await Promise.all(closed);
  }
}

/**
 * Sends alerts to one receiver, once.
 *
 * @throws {DeliveryFault} when it does not take them
 */
export function sendAlerts(
  settings: Omit<AlertSettings, 'receivers' | 'pace'>,
  receiver: AlertReceiver,
  alerts: readonly Alert[],
  signal: AbortSignal,
): Promise<string | null> {
  const { privateHosts, publicUrl, version, timeoutMs = deliveryTimeoutMs, resolve } = settings;
  const route = { privateHosts, signal, timeoutMs, ...(resolve === undefined ? {} : { resolve }) };
  return deliver(alerts, { receiver, version, publicUrl, nowMs: Date.now() }, route);
}
