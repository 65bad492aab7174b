import type { AlertReceiver } from '../config/values/alert.ts';
import { RacewayError } from '../domain/errors.ts';
import type { ReceiverClaim, SendingOutcome, WaitingSubject } from '../storage/alert-store.ts';
import { CONDITION_REST_MS } from '../storage/alert-store.ts';
import type { Storage } from '../storage/storage.ts';
import { type Alert, conditionAlert, raceAlert } from './alert.ts';
import { type ConditionName, conditionNames } from './conditions.ts';
import { alertsMaxOf } from './deliver.ts';
import { isWorthTelling, newsFor } from './news.ts';
import { giveUpMs, type Pace, retryAfterMsMax } from './pace.ts';
import { toldRace } from './told-race.ts';
import { DeliveryFault } from './transport/delivery-fault.ts';

/** What alerts tell the log. Never an address, which may be a secret, nor a text of a trace. */
export interface AlertLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What a loop works with. */
export interface LoopParts {
  readonly receiver: AlertReceiver;
  readonly storage: Pick<Storage, 'alerts' | 'derived'>;
  readonly claimant: string;
  readonly publicUrl: string | null;
  readonly pace: Pace;
  readonly log: AlertLog;
  /** Sends alerts; see `deliver`. */
  readonly send: (receiver: AlertReceiver, alerts: readonly Alert[]) => Promise<string | null>;
}

/** What became of the alerts of a receiver since the start. */
export interface ReceiverState {
  readonly name: string;
  readonly type: AlertReceiver['type'];
  /** Alerts that it took. */
  readonly sent: number;
  /** Messages that it did not take. */
  readonly failures: number;
  /** Alerts that are not tried any more. */
  readonly givenUp: number;
  readonly lastSentAtMs: number | null;
  /** Why the last message was not taken; null: it was. */
  readonly fault: string | null;
}

/** Issues looked at in one step. */
const ISSUES_PER_STEP = 100;

/** Finds what a receiver is to be told of, and tells it. One step at a time; a step never rejects. */
export class ReceiverLoop {
  readonly #parts: LoopParts;
  /** Noticed and not noted yet. */
  readonly #noticed = new Set<ConditionName>();
  #step: Promise<void> | null = null;
  #isClosed = false;
  #hasBook = false;
  #sent = 0;
  #failures = 0;
  #givenUp = 0;
  #lastSentAtMs: number | null = null;
  #fault: string | null = null;
  /** What the log was told of a storage that refuses; null: it does not. */
  #refusal: string | null = null;
  /** Since when the storage is away; null: it is there. */
  #awaySinceMs: number | null = null;
  #awayToldMs = Number.NEGATIVE_INFINITY;
  #awayRetryMs = 0;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  get state(): ReceiverState {
    const { name, type } = this.#parts.receiver;
    return {
      name,
      type,
      sent: this.#sent,
      failures: this.#failures,
      givenUp: this.#givenUp,
      lastSentAtMs: this.#lastSentAtMs,
      fault: this.#fault,
    };
  }

  /** One step; asked for during one, it is that one. */
  step(noticed: readonly ConditionName[]): Promise<void> {
    if (this.#parts.receiver.on.includes('conditions')) {
      for (const name of noticed) this.#noticed.add(name);
    }
    this.#step ??= this.#work().finally(() => {
      this.#step = null;
    });
    return this.#step;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#step;
  }

  async #work(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#watch();
      await this.#send();
      this.#awaySinceMs = null;
      this.#refusal = null;
    } catch (error) {
      await this.#tellOfTrouble(error);
    }
  }

  /** Notes what there is to tell. */
  async #watch(): Promise<void> {
    const { storage, receiver } = this.#parts;
    const { name } = receiver;
    await this.#beginBook();
    const noticed = [...this.#noticed];
    if (noticed.length > 0) await storage.alerts.noteConditions(name, noticed);
    for (const one of noticed) this.#noticed.delete(one);
    const unnoted = await storage.alerts.unnotedIssues(name, ISSUES_PER_STEP);
    const notes = [];
    for (const { fingerprint, evidence, regressedMs, noted } of unnoted) {
      const issue = await storage.derived.issue(fingerprint);
      const news = issue === null ? null : newsFor(receiver, issue, noted);
      notes.push({ fingerprint, evidence, regressedMs, news });
    }
    if (notes.length > 0) await storage.alerts.noteIssues(name, notes);
  }

  /** What is known before anybody listens is no news. */
  async #beginBook(): Promise<void> {
    if (this.#hasBook) return;
    const { alerts } = this.#parts.storage;
    const { name } = this.#parts.receiver;
    if (!(await alerts.knowsReceiver(name))) {
      for (;;) {
        const known = await alerts.unnotedIssues(name, ISSUES_PER_STEP);
        await alerts.noteIssues(
          name,
          known.map(({ noted: _, ...issue }) => ({ ...issue, news: null })),
        );
        if (known.length < ISSUES_PER_STEP) break;
      }
      await alerts.beginBook(name);
    }
    this.#hasBook = true;
  }

  async #send(): Promise<void> {
    const { storage, receiver, claimant } = this.#parts;
    const limit = alertsMaxOf(receiver.type);
    const claim = await storage.alerts.claimReceiver(receiver.name, claimant, limit);
    if (claim === null) return;
    const outcome = await this.#attempt(claim);
    await storage.alerts.finishSending(receiver.name, claimant, outcome);
  }

  async #attempt({ waiting, failures, isOneByOne }: ReceiverClaim): Promise<SendingOutcome> {
    const { receiver, pace } = this.#parts;
    const due: { subject: WaitingSubject; alert: Alert }[] = [];
    const done: WaitingSubject[] = [];
    for (const subject of waiting) {
      if (isOneByOne && due.length === 1) break;
      const alert = await this.#alertOf(subject);
      if (alert === null) done.push(subject);
      else due.push({ subject, alert });
    }
    const unsent = { reference: null, failures, isOneByOne, fault: this.#fault };
    if (due.length === 0) return { ...unsent, done, pauseMs: 0 };
    const subjects = due.map(({ subject }) => subject);
    const pauseMs = pace.intervalMs(receiver.minIntervalSeconds);
    try {
      const reference = await this.#parts.send(
        receiver,
        due.map(({ alert }) => alert),
      );
      this.#noteSent(due.length);
      const told = [...done, ...subjects];
      return { done: told, reference, failures: 0, isOneByOne: false, fault: null, pauseMs };
    } catch (error) {
      const fault = this.#faultOf(error);
      // Nobody's fault: whoever claims it next sends it.
      if (this.#isClosed) return { ...unsent, done, pauseMs: 0 };
      this.#noteFailure(fault, failures);
      if (fault.isFinal && subjects.length > 1) {
        return { ...unsent, done, isOneByOne: true, fault: fault.message, pauseMs };
      }
      const hopeless = fault.isFinal ? subjects : subjects.filter(isTooOld);
      this.#noteGivenUp(hopeless.length, fault.message);
      const asked = Math.min((fault.retryAfterSeconds ?? 0) * 1000, retryAfterMsMax);
      return {
        done: [...done, ...hopeless],
        reference: null,
        failures: failures + 1,
        isOneByOne,
        fault: fault.message,
        pauseMs: fault.isFinal ? pauseMs : Math.max(asked, pace.retryMs(failures + 1)),
      };
    }
  }

  /** Null: there is nothing to tell any more. */
  async #alertOf({ subject, news, notedMs, reference }: WaitingSubject): Promise<Alert | null> {
    const { storage, publicUrl } = this.#parts;
    if (news === 'condition') {
      const name = conditionNames.find((one) => one === subject);
      return name === undefined ? null : conditionAlert(name, notedMs, publicUrl);
    }
    const issue = await storage.derived.issue(subject);
    if (issue === null || !isWorthTelling(issue)) return null;
    return raceAlert(toldRace(issue), { kind: news, atMs: notedMs, publicUrl, reference });
  }

  #noteSent(count: number): void {
    const { log, receiver } = this.#parts;
    if (this.#fault !== null) log.info({ alert: receiver.name }, 'alerts are taken again');
    this.#sent += count;
    this.#lastSentAtMs = Date.now();
    this.#fault = null;
  }

  /** Once for each fault, not once for each attempt. */
  #noteFailure({ message }: DeliveryFault, failuresBefore: number): void {
    const { log, receiver } = this.#parts;
    this.#failures += 1;
    if (message !== this.#fault || failuresBefore === 0) {
      log.warn({ alert: receiver.name, reason: message }, 'alerts are not taken; they wait');
    }
    this.#fault = message;
  }

  #noteGivenUp(count: number, reason: string): void {
    if (count === 0) return;
    const { log, receiver } = this.#parts;
    this.#givenUp += count;
    log.warn({ alert: receiver.name, count, reason }, 'alerts are given up');
  }

  /** A storage that is away has no room for the news of it: it is told at once, by each instance. */
  async #tellOfTrouble(error: unknown): Promise<void> {
    const { log, receiver, pace } = this.#parts;
    if (!isAway(error)) {
      // Once for each reason, not once for each step.
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#refusal) {
        log.error({ err: error, alert: receiver.name }, 'alerts failed and will be tried again');
      }
      this.#refusal = reason;
      return;
    }
    const nowMs = Date.now();
    this.#awaySinceMs ??= nowMs;
    if (!receiver.on.includes('conditions') || this.#isClosed) return;
    const isDue = nowMs - this.#awayToldMs >= CONDITION_REST_MS && nowMs >= this.#awayRetryMs;
    if (nowMs - this.#awaySinceMs < pace.outageMs || !isDue) return;
    const alert = conditionAlert('storage_down', this.#awaySinceMs, this.#parts.publicUrl);
    try {
      await this.#parts.send(receiver, [alert]);
      this.#awayToldMs = nowMs;
      this.#noteSent(1);
    } catch (error) {
      this.#awayRetryMs = nowMs + pace.retryMs(4);
      this.#noteFailure(this.#faultOf(error), 0);
    }
  }

  /** A message that cannot be made would fail for ever, and keep the others waiting. */
  #faultOf(error: unknown): DeliveryFault {
    if (error instanceof DeliveryFault) return error;
    const { log, receiver } = this.#parts;
    log.error({ err: error, alert: receiver.name }, 'an alert could not be written');
    return new DeliveryFault('could not be written to; the log says why', { isFinal: true });
  }
}

function isTooOld({ notedMs }: WaitingSubject): boolean {
  return Date.now() - notedMs > giveUpMs;
}

function isAway(error: unknown): boolean {
  if (!(error instanceof RacewayError)) return false;
  return error.code === 'unavailable' || error.code === 'outcome_unknown';
}
