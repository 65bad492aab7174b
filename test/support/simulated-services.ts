/**
 * Services that run in a time of their own: what their requests do to variables is truly done, one step
 * after the other, and sent as the SDKs send it. What was lost can be read from the variables at the end.
 */
import { type Random, randomFrom } from './random.ts';

export type Sdk = 'typescript' | 'go' | 'python' | 'rust';
export type Value = string | number | boolean | null;
type WireEvent = Readonly<Record<string, unknown>>;

/** What a request does; it waits for what it yields, in milliseconds, or until a lock is free. */
export type Steps = Generator<number | Waiting, void>;

interface Waiting {
  readonly lock: string;
}

export interface ServiceSketch {
  readonly sdk: Sdk;
  readonly name?: string;
  readonly instance?: string;
  readonly environment?: string;
  /** Variables that another instance has too. */
  readonly store?: Map<string, Value>;
  /** Locks that another instance knows too. */
  readonly locks?: Map<string, LockState>;
}

export interface LockState {
  holders: number;
  isExclusive: boolean;
  readonly waiting: { readonly isExclusive: boolean; readonly go: () => void }[];
}

const BASE_NS = 1_767_225_600_000_000_000n;

/** All services of one history, and their clock. */
export class World {
  readonly random: Random;
  readonly #events: WireEvent[] = [];
  readonly #queue: { atNs: bigint; number: number; go: () => void }[] = [];
  #nowNs = BASE_NS;
  #number = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  get nowNs(): bigint {
    return this.#nowNs;
  }

  service(sketch: ServiceSketch): Service {
    return new Service(this, sketch);
  }

  /** A UUID. */
  id(): string {
    const digits = (count: number) =>
      Array.from({ length: count }, () => Math.floor(this.random() * 16).toString(16)).join('');
    return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
  }

  /** A step of the processor: between 10 and 60 microseconds. */
  tick(): void {
    this.#nowNs += BigInt(10_000 + Math.floor(this.random() * 50_000));
  }

  after(ms: number, go: () => void): void {
    const number = this.#number;
    this.#number += 1;
    this.#queue.push({ atNs: this.#nowNs + BigInt(Math.round(ms * 1e6)), number, go });
  }

  send(event: WireEvent): void {
    this.#events.push(event);
  }

  /** Runs until nothing is left to do; gives what was sent, by trace. */
  run(): readonly (readonly WireEvent[])[] {
    for (;;) {
      let next = this.#queue[0];
      for (const one of this.#queue) {
        const isEarlier =
          next === undefined ||
          one.atNs < next.atNs ||
          (one.atNs === next.atNs && one.number < next.number);
        if (isEarlier) next = one;
      }
      if (next === undefined) break;
      this.#queue.splice(this.#queue.indexOf(next), 1);
      if (next.atNs > this.#nowNs) this.#nowNs = next.atNs;
      next.go();
    }
    const traces = new Map<unknown, WireEvent[]>();
    for (const event of this.#events) {
      const known = traces.get(event['trace_id']);
      if (known === undefined) traces.set(event['trace_id'], [event]);
      else known.push(event);
    }
    return [...traces.values()];
  }
}

/** One process of a service. */
export class Service {
  readonly world: World;
  readonly sketch: ServiceSketch;
  readonly store: Map<string, Value>;
  readonly locks: Map<string, LockState>;
  threads = 0;

  constructor(world: World, sketch: ServiceSketch) {
    this.world = world;
    this.sketch = sketch;
    this.store = sketch.store ?? new Map();
    this.locks = sketch.locks ?? new Map();
  }

  /** A request that comes so many milliseconds from now. */
  request(afterMs: number, route: string, steps: (request: Request) => Steps): void {
    this.world.after(afterMs, () => new Request(this, route).begin(steps));
  }

  /** The same for each of many, a few milliseconds apart. */
  requests(
    count: number,
    apartMs: number,
    route: string,
    steps: (request: Request, number: number) => Steps,
  ): void {
    for (let number = 0; number < count; number += 1) {
      const afterMs = number * apartMs + this.world.random() * apartMs;
      this.request(afterMs, route.replace('{n}', String(number)), (one) => steps(one, number));
    }
  }
}

/** A call that a request makes: its trace, and the span that called. */
export interface Caller {
  readonly traceId: string;
  readonly span: string;
}

/** One request, in a trace of its own unless somebody calls. */
export class Request {
  readonly service: Service;
  readonly route: string;
  readonly traceId: string;
  readonly span: string;
  readonly #upstream: string | null;
  readonly #thread: string;
  #parent: string | null = null;
  #count = 0;
  #rootId = '';
  readonly #startNs: bigint;
  #hasAnswered = false;
  /** Variables of this request alone. */
  readonly own = new Map<string, Value>();

  constructor(service: Service, route: string, caller: Caller | null = null) {
    const { world, sketch } = service;
    this.service = service;
    this.route = route;
    this.traceId = caller?.traceId ?? world.id();
    this.span = world.id().replaceAll('-', '').slice(0, 16);
    this.#upstream = caller?.span ?? null;
    service.threads += 1;
    this.#startNs = world.nowNs;
    // Rust sends threads of the operating system, which many requests share.
    this.#thread =
      sketch.sdk === 'rust'
        ? `ThreadId(${2 + (service.threads % 3)})`
        : `${sketch.sdk}-${world.id()}`;
  }

  begin(steps: (request: Request) => Steps, done: () => void = () => {}): void {
    const [method, url] = this.route.split(' ');
    this.#send('HttpRequest', { method, url, headers: {}, body: null });
    this.#go(steps(this), () => {
      if (!this.#hasAnswered) this.answer();
      done();
    });
  }

  /** Answers; what follows is after the response. */
  answer(status = 200): void {
    this.#hasAnswered = true;
    const duration_ms = Number((this.service.world.nowNs - this.#startNs) / 1_000_000n);
    this.#send('HttpResponse', { status, headers: {}, body: null, duration_ms });
  }

  read(variable: string, line = 10): Value {
    const value = this.#stored(variable);
    this.#send('StateChange', this.#access(variable, line, 'Read', null, value));
    return value;
  }

  /** @param old what the service believes to replace; unless told, what truly stands there */
  write(variable: string, value: Value, old?: Value, line = 20): void {
    const before = old === undefined ? this.#stored(variable) : old;
    this.#keep(variable, value);
    this.#send('StateChange', this.#access(variable, line, 'Write', before, value));
  }

  /** An update that nobody can come between. */
  update(variable: string, change: (value: Value) => Value, line = 30): void {
    const before = this.#stored(variable);
    const after = change(before);
    this.#keep(variable, after);
    this.#send('StateChange', this.#access(variable, line, 'AtomicRMW', before, after));
  }

  /** Go and Rust send the acquire before they wait. */
  *lock(name: string, type = 'Mutex'): Steps {
    const isEarly = this.service.sketch.sdk === 'go' || this.service.sketch.sdk === 'rust';
    const isExclusive = !/read$/i.test(type);
    const payload = { lock_id: name, lock_type: type, location: this.#place(5) };
    if (isEarly) this.#send('LockAcquire', payload);
    yield { lock: isExclusive ? name : `read ${name}` };
    if (!isEarly) this.#send('LockAcquire', payload);
  }

  unlock(name: string, type = 'Mutex'): void {
    this.#send('LockRelease', { lock_id: name, lock_type: type, location: this.#place(6) });
    this.expire(name);
  }

  /** Somebody else gets the lock without being told to, as when a lease runs out. */
  expire(name: string): void {
    const lock = this.service.locks.get(name);
    if (lock === undefined || lock.holders === 0) return;
    lock.holders -= 1;
    if (lock.holders > 0) return;
    const next = lock.waiting.shift();
    if (next === undefined) return;
    lock.holders = 1;
    lock.isExclusive = next.isExclusive;
    this.service.world.after(0.01, next.go);
  }

  /** Calls a function that is recorded with its end, as Go and the decorators of Python do. */
  *call(name: string, steps: Steps): Steps {
    const { sdk } = this.service.sketch;
    const place = { file: 'main', line: 3 };
    this.#send('FunctionCall', { function_name: name, module: 'main', args: null, ...place });
    yield* steps;
    if (sdk === 'go')
      this.#send('FunctionReturn', { function_name: name, return_value: null, ...place });
    else
      this.#send('FunctionCall', {
        function_name: `${name}:return`,
        module: 'main',
        args: null,
        ...place,
      });
  }

  /** Waits for another service to answer. */
  *ask(service: Service, route: string, steps: (request: Request) => Steps): Steps {
    let isDone = false;
    const call = new Request(service, route, { traceId: this.traceId, span: this.span });
    call.begin(steps, () => {
      isDone = true;
    });
    while (!isDone) yield 1;
  }

  /** Branches that run at one time in the same context; waits for all. */
  *all(branches: readonly Steps[]): Steps {
    let open = branches.length;
    for (const branch of branches) {
      this.#go(branch, () => {
        open -= 1;
      });
    }
    while (open > 0) yield 0.5;
  }

  #go(steps: Steps, done: () => void): void {
    const { value, done: isDone } = steps.next();
    if (isDone === true || value === undefined) {
      done();
      return;
    }
    const go = () => this.#go(steps, done);
    if (typeof value === 'number') this.service.world.after(value, go);
    else this.#wait(value.lock, go);
  }

  #wait(wanted: string, go: () => void): void {
    const isExclusive = !wanted.startsWith('read ');
    const name = isExclusive ? wanted : wanted.slice(5);
    const lock = this.service.locks.get(name) ?? { holders: 0, isExclusive: false, waiting: [] };
    this.service.locks.set(name, lock);
    const isFree =
      lock.holders === 0 || (!isExclusive && !lock.isExclusive && lock.waiting.length === 0);
    if (!isFree) {
      lock.waiting.push({ isExclusive, go });
      return;
    }
    lock.holders += 1;
    lock.isExclusive = isExclusive;
    go();
  }

  #stored(variable: string): Value {
    return (variable.startsWith('own.') ? this.own : this.service.store).get(variable) ?? null;
  }

  #keep(variable: string, value: Value): void {
    (variable.startsWith('own.') ? this.own : this.service.store).set(variable, value);
  }

  #access(variable: string, line: number, access_type: string, old_value: Value, new_value: Value) {
    return { variable, old_value, new_value, location: this.#place(line), access_type };
  }

  /** The Rust SDK records its own lines. */
  #place(line: number): string {
    if (this.service.sketch.sdk === 'rust')
      return '/home/app/.cargo/raceway-0.1.0/src/client.rs:123';
    const [, path = ''] = this.route.replace(/\d+/g, 'n').split(' ');
    return `/srv/app${path.replaceAll('/', '-')}.js:${line}`;
  }

  #send(kind: string, payload: object): void {
    const { world, sketch } = this.service;
    const { sdk, name = 'shop', instance = 'vm-1', environment = 'test' } = sketch;
    world.tick();
    const id = world.id();
    this.#count += 1;
    if (this.#count === 1) this.#rootId = id;
    const own = [`${name}#${instance}`, this.#count] as const;
    const fromRoot = this.#count === 1 ? [] : [[this.#rootId, this.#count - 1]];
    world.send({
      id,
      trace_id: this.traceId,
      parent_id: this.#parent,
      timestamp: stampOf(world, sdk),
      kind: { [kind]: payload },
      metadata: {
        thread_id: this.#thread,
        process_id: 1,
        service_name: name,
        environment,
        tags: { sdk_language: sdk },
        duration_ns: null,
        instance_id: instance,
        distributed_span_id: this.span,
        upstream_span_id: this.#upstream,
      },
      causality_vector: sdk === 'typescript' ? fromRoot : [own],
      lock_set: [],
    });
    this.#parent = id;
  }
}

/** As exact as the SDK is: the last three digits of TypeScript come from another clock. */
function stampOf(world: World, sdk: Sdk): string {
  const ns = world.nowNs;
  const whole = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 23);
  const below = String(ns % 1_000_000n).padStart(6, '0');
  switch (sdk) {
    case 'typescript':
      return `${whole}${String(Math.floor(world.random() * 1000)).padStart(3, '0')}Z`;
    case 'python':
      return `${whole}${below.slice(0, 3)}+00:00`;
    default:
      return `${whole}${below}Z`;
  }
}
