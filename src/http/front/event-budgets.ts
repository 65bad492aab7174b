import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Config } from '../../config/schema.ts';
import { RacewayError } from '../../domain/errors.ts';
import type { EventRecord } from '../../domain/event/event.ts';

declare module 'fastify' {
  interface FastifyInstance {
    eventBudgets: EventBudgets;
  }
}

const MINUTE_MS = 60_000;
/** Keys and services that are remembered; the one seen longest ago is forgotten first. */
const holdersMax = 5000;
/** Keys and services whose refusals are told apart; what comes after them is counted together. */
const refusedMax = 100;
/** Characters of the name of a service that are kept. */
const nameCharacters = 64;

/** The most that one key and one service may store in a minute; null: as much as there is. */
export interface EventBudgetLimits {
  readonly keyEvents: number | null;
  readonly keyBytes: number | null;
  readonly serviceEvents: number | null;
  readonly serviceBytes: number | null;
}

/** Gives an app the budgets that its settings ask for. */
export function keepEventBudgets(app: FastifyInstance, settings: Config['server']): void {
  const budgets = new EventBudgets({
    keyEvents: settings.key_events_per_minute ?? null,
    keyBytes: settings.key_bytes_per_minute ?? null,
    serviceEvents: settings.service_events_per_minute ?? null,
    serviceBytes: settings.service_bytes_per_minute ?? null,
  });
  app.decorate('eventBudgets', budgets);
}

/**
 * Stores the events of a request within the budgets, see {@link EventBudgets.spend}. What was not stored costs
 * nothing: after an outage senders would else be refused for what they tried meanwhile.
 */
export async function storeWithinBudgets<Stored>(
  request: FastifyRequest,
  events: readonly EventRecord[],
  store: (keyName: string | null) => Promise<Stored>,
): Promise<Stored> {
  const bytes = request.body instanceof Buffer ? request.body.length : 0;
  const keyName = request.accessKey?.name ?? null;
  const giveBack = request.server.eventBudgets.spend(events, keyName, bytes);
  try {
    return await store(keyName);
  } catch (error) {
    giveBack();
    throw error;
  }
}

type HolderKind = 'key' | 'service';

/** What was refused to a key or a service for its budget, since the start. */
export interface RefusedHolder {
  readonly kind: HolderKind;
  readonly name: string;
  readonly requests: number;
  /** Events of these requests that are its own. */
  readonly events: number;
}

/** What a request costs one of those it belongs to. */
interface Cost {
  readonly kind: HolderKind;
  readonly name: string;
  readonly events: number;
  readonly bytes: number;
}

interface Spending {
  startedMs: number;
  events: number;
  bytes: number;
}

/**
 * Budgets over windows of a minute for each key and each service, so that a noisy one leaves room to
 * the others. A request that alone is more than a budget is taken when nothing was spent yet: a client
 * that sends the same again would otherwise do so for ever.
 */
export class EventBudgets {
  readonly #limits: EventBudgetLimits;
  readonly #spendings = new Map<string, Spending>();
  readonly #refused = new Map<string, RefusedHolder>();

  constructor(limits: EventBudgetLimits) {
    this.#limits = limits;
  }

  get refused(): readonly RefusedHolder[] {
    return [...this.#refused.values()];
  }

  /**
   * Takes what a request of events costs.
   *
   * @param bytes of the whole request; services have parts of it by their numbers of events
   * @returns gives it back
   * @throws {RacewayError} `rate_limited` with the name of the budget; nothing is taken then
   */
  spend(events: readonly EventRecord[], keyName: string | null, bytes: number): () => void {
    if (Object.values(this.#limits).every((limit) => limit === null)) return () => {};
    const nowMs = performance.now();
    const costs = costsOf(events, keyName, bytes);
    for (const cost of costs) this.#refuseTooMuch(cost, this.#spendingOf(cost, nowMs), nowMs);
    const taken = costs.map((cost) => ({ cost, spending: this.#spendingOf(cost, nowMs) }));
    const add = (sign: 1 | -1) => {
      for (const { cost, spending } of taken) {
        spending.events += sign * cost.events;
        spending.bytes += sign * cost.bytes;
      }
    };
    add(1);
    return () => add(-1);
  }

  #refuseTooMuch(cost: Cost, spent: Spending, nowMs: number): void {
    const { keyEvents, keyBytes, serviceEvents, serviceBytes } = this.#limits;
    const [eventsMax, bytesMax] =
      cost.kind === 'key' ? [keyEvents, keyBytes] : [serviceEvents, serviceBytes];
    if (spent.events === 0) return;
    const isOver = (used: number, limit: number | null) => limit !== null && used > limit;
    const hasManyEvents = isOver(spent.events + cost.events, eventsMax);
    if (!hasManyEvents && !isOver(spent.bytes + cost.bytes, bytesMax)) return;
    this.#countRefused(cost);
    const unit = hasManyEvents ? 'events' : 'bytes';
    const limit = hasManyEvents ? eventsMax : bytesMax;
    const retryAfterSeconds = Math.ceil((spent.startedMs + MINUTE_MS - nowMs) / 1000);
    const message =
      `the ${cost.kind} ${JSON.stringify(cost.name)} may store ${limit} ${unit} a minute ` +
      `(server.${cost.kind}_${unit}_per_minute); try again in ${retryAfterSeconds} s`;
    throw new RacewayError('rate_limited', message, { retryAfterSeconds });
  }

  #countRefused({ kind, name, events }: Cost): void {
    const own = `${kind} ${name}`;
    const isTold = this.#refused.has(own) || this.#refused.size < refusedMax;
    const shown = isTold ? name : '(others)';
    // No name of a holder: these follow a blank.
    const id = isTold ? own : kind;
    const before = this.#refused.get(id);
    this.#refused.set(id, {
      kind,
      name: shown,
      requests: (before?.requests ?? 0) + 1,
      events: (before?.events ?? 0) + events,
    });
  }

  #spendingOf({ kind, name }: Cost, nowMs: number): Spending {
    const id = `${kind} ${name}`;
    const known = this.#spendings.get(id);
    const isOver = known === undefined || nowMs - known.startedMs >= MINUTE_MS;
    const spending = isOver ? { startedMs: nowMs, events: 0, bytes: 0 } : known;
    this.#spendings.delete(id);
    this.#spendings.set(id, spending);
    if (this.#spendings.size > holdersMax) {
      const [oldest] = this.#spendings.keys();
      if (oldest !== undefined) this.#spendings.delete(oldest);
    }
    return spending;
  }
}

function costsOf(events: readonly EventRecord[], keyName: string | null, bytes: number): Cost[] {
  const counts = new Map<string, number>();
  for (const { service } of events) {
    if (service === '') continue;
    const name = service.slice(0, nameCharacters).toWellFormed();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const costs = [...counts].map(([name, count]): Cost => {
    return { kind: 'service', name, events: count, bytes: (bytes * count) / events.length };
  });
  if (keyName === null) return costs;
  return [{ kind: 'key', name: keyName, events: events.length, bytes }, ...costs];
}
