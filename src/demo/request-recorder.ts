import type { AccessType, KindName } from '../domain/event/event-kind.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { Simulation } from './simulation.ts';

/** What the requests of a simulation share. */
export interface World {
  readonly simulation: Simulation;
  /** What stands in the database, by variable. */
  readonly store: Map<string, JsonValue>;
  /** When the simulation begins, in milliseconds since 1970. */
  readonly startMs: number;
  /** A UUID of its own for each call. */
  newId(): string;
  /** Takes the events as they happen. */
  record(event: JsonObject): void;
}

/** By this tag the example is known, and erased again. */
export const demoTags = { demo: 'true' } as const;

/** Who asks, and from where: what a shop would tell of its requests. */
export interface RequestTags {
  readonly channel: 'shop' | 'app' | 'backoffice';
  readonly customer?: 'guest' | 'member' | 'wholesale';
}

/** One request in one service, as an SDK sees it: what it does is done to the world, and recorded. */
export class RequestRecorder {
  readonly spanId: string;
  readonly #world: World;
  readonly #service: string;
  readonly #traceId: string;
  readonly #upstreamSpanId: string | null;
  readonly #startUs: number;
  #previousId: string | null = null;
  #tags: JsonObject;

  /** @param upstream the request that called this one; null for one from outside */
  constructor(world: World, service: string, upstream: RequestRecorder | null = null) {
    this.#world = world;
    this.#service = service;
    this.#traceId = upstream === null ? world.newId() : upstream.#traceId;
    this.#upstreamSpanId = upstream?.spanId ?? null;
    this.#tags = upstream === null ? demoTags : upstream.#tags;
    this.spanId = world.newId().replaceAll('-', '').slice(0, 16);
    this.#startUs = world.simulation.nowUs;
  }

  /** @param tags of the request; those of the one that called it, where there are none */
  begin(method: string, url: string, tags?: RequestTags): void {
    if (tags !== undefined) this.#tags = { ...demoTags, ...tags };
    this.#record('HttpRequest', { method, url, headers: {}, body: null });
  }

  end(status: number): void {
    const tookUs = this.#world.simulation.nowUs - this.#startUs;
    const payload = { status, headers: {}, body: null, duration_ms: tookUs / 1000 };
    this.#record('HttpResponse', payload, tookUs);
  }

  read(variable: string, location: string): JsonValue {
    const value = this.#world.store.get(variable) ?? null;
    this.#access('Read', variable, location, { old_value: null, new_value: value });
    return value;
  }

  /** @param old what the code believes to be there: what it has read */
  write(variable: string, old: JsonValue, value: JsonValue, location: string): void {
    this.#world.store.set(variable, value);
    this.#access('Write', variable, location, { old_value: old, new_value: value });
  }

  /** Adds to a number in one step, which nothing comes between. */
  add(variable: string, amount: number, location: string): void {
    const old = this.#world.store.get(variable) ?? 0;
    const value = Number(old) + amount;
    this.#world.store.set(variable, value);
    this.#access('AtomicRMW', variable, location, { old_value: old, new_value: value });
  }

  acquired(lock: string, location: string): void {
    this.#record('LockAcquire', { lock_id: lock, lock_type: 'Mutex', location });
  }

  release(lock: string, location: string): void {
    this.#record('LockRelease', { lock_id: lock, lock_type: 'Mutex', location });
    this.#world.simulation.release(lock);
  }

  /** A function that has just ended. */
  called(name: string, file: string, line: number, tookUs: number): void {
    const payload = { function_name: name, module: this.#service, args: null, file, line };
    this.#record('FunctionCall', payload, tookUs, this.#world.simulation.nowUs - tookUs);
  }

  fail(type: string, message: string): void {
    this.#record('Error', { error_type: type, message, stack_trace: null });
  }

  /** Ends the transaction of this request; what an abort undoes is for the caller to put back. */
  conclude(outcome: 'commit' | 'abort'): void {
    this.#record('Custom', { name: `transaction.${outcome}`, data: null });
  }

  #access(type: AccessType, variable: string, location: string, values: JsonObject): void {
    this.#record('StateChange', { variable, ...values, location, access_type: type });
  }

  #record(
    kind: KindName,
    payload: JsonObject,
    durationUs: number | null = null,
    atUs = this.#world.simulation.nowUs,
  ): void {
    const id = this.#world.newId();
    this.#world.record({
      id,
      trace_id: this.#traceId,
      parent_id: this.#previousId,
      timestamp: timeText(this.#world.startMs, atUs),
      kind: { [kind]: payload },
      metadata: {
        thread_id: `${this.#service}-${this.spanId.slice(0, 8)}`,
        process_id: 1,
        service_name: this.#service,
        environment: 'demo',
        tags: this.#tags,
        duration_ns: durationUs === null ? null : durationUs * 1000,
        instance_id: `${this.#service}-1`,
        distributed_span_id: this.spanId,
        upstream_span_id: this.#upstreamSpanId,
      },
      causality_vector: [],
      lock_set: [],
    });
    this.#previousId = id;
  }
}

function timeText(startMs: number, atUs: number): string {
  const whole = new Date(startMs + Math.floor(atUs / 1000)).toISOString().slice(0, 23);
  return `${whole}${String(atUs % 1000).padStart(3, '0')}Z`;
}
