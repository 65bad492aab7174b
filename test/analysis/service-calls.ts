import fc from 'fast-check';
import { access, type EventSketch, freshId } from '../support/events.ts';
import { closure, type Execution, type TrueAccess } from './within/oracle.ts';

/**
 * Random requests through services of all four SDKs with their true order, by what each SDK really
 * sends: counters that start anew in every request under one `service#instance`, TypeScript's
 * vectors of its own and its last three digits from another clock, Rust's thread names that
 * requests share and its change to the callee's span, Go's and Rust's acquires before they hold.
 */
export type CallMove = readonly [who: number, action: number, argument: number, detail: number];

export const callMoves = (maxLength: number): fc.Arbitrary<CallMove[]> =>
  fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3), fc.nat(9)), { maxLength, size: 'max' });

const sdks = ['typescript', 'python', 'go', 'rust'] as const;

/** One request in one service. */
interface Context {
  readonly sdk: (typeof sdks)[number];
  readonly service: string;
  readonly instance: string;
  readonly upstream: string | null;
  readonly caller: Context | null;
  readonly isBlocking: boolean;
  /** The last event of the caller before the call. */
  readonly sent: number;
  readonly clock: Map<string, number>;
  readonly held: Set<string>;
  span: string;
  hasCalled: boolean;
  events: number[];
  /** A lock that was announced and is had with the next event. */
  waitsFor: string | null;
}

const MAX_CONTEXTS = 8;

/** Plays the moves; what is impossible becomes a plain step, or nothing while a lock is waited for. */
export function playCalls(list: readonly CallMove[]): Execution {
  const play = new Play();
  play.begin(null, 0, 0);
  for (const [who, action, argument, detail] of list) {
    const context = play.contexts[who % play.contexts.length] as Context;
    if (action <= 4) play.access(context, argument, detail);
    else if (action <= 6) play.call(context, argument, detail);
    else if (action === 7) play.acquire(context, `lock${argument % 2}`);
    else if (action === 8) play.release(context);
    else if (detail === 0) play.begin(null, argument, detail);
    else play.emit(context, {}, detail);
  }
  return play.execution();
}

class Play {
  readonly contexts: Context[] = [];
  readonly #sketches: (EventSketch & { id: string })[] = [];
  readonly #accesses: TrueAccess[] = [];
  readonly #mustEdges: [number, number][] = [];
  readonly #lockEdges: [number, number][] = [];
  readonly #released: { lock: string; event: number }[] = [];
  #millisecond = 0;

  execution(): Execution {
    for (const context of this.contexts) if (context.events.length === 0) this.emit(context, {}, 0);
    for (const context of this.contexts) this.#linkReturn(context);
    return {
      sketches: this.#sketches,
      accesses: this.#accesses,
      must: closure(this.#sketches.length, this.#mustEdges),
      observed: closure(this.#sketches.length, [...this.#mustEdges, ...this.#lockEdges]),
    };
  }

  /** A request arrives from outside, or from another context. */
  begin(caller: Context | null, argument: number, detail: number): void {
    if (this.contexts.length === MAX_CONTEXTS) return;
    const sdk = calleeOf(caller, argument);
    const span = `${this.contexts.length}`.padStart(16, 'abcdef');
    const context: Context = {
      sdk,
      service: `svc-${sdk}`,
      instance: instanceOf(sdk, caller, detail),
      upstream: caller?.span ?? null,
      caller,
      isBlocking: caller === null || detail !== 9,
      sent: caller?.events.at(-1) ?? -1,
      clock: new Map(caller?.clock),
      held: new Set(),
      span,
      hasCalled: false,
      events: [],
      waitsFor: null,
    };
    if (caller !== null) caller.hasCalled = true;
    if (caller?.sdk === 'rust') caller.span = span;
    this.contexts.push(context);
  }

  /** Returns the event's number, -1 when the context still waits for a lock. */
  emit(context: Context, sketch: EventSketch, detail: number): number {
    const lock = context.waitsFor;
    if (lock !== null && this.#isTaken(lock)) return -1;
    const event = this.#sketches.length;
    const last = context.events.at(-1);
    const component = `${context.service}#${context.instance}`;
    const counter = (context.clock.get(component) ?? 0) + 1;
    context.clock.set(component, counter);
    const id = freshId();
    this.#sketches.push({
      id,
      at: this.#time(context, detail),
      service: context.service,
      instance: context.instance,
      thread: threadOf(context, detail, this.contexts.indexOf(context)),
      span: context.span,
      upstream: context.upstream,
      parent: last === undefined ? null : (this.#sketches[last]?.id ?? null),
      vector: this.#vectorOf(context),
      ...sketch,
      tags: {
        sdk_language: context.sdk,
        scope: 'shared',
        ...(context.isBlocking ? {} : { blocking: 'false' }),
      },
    });
    if (last !== undefined) this.#mustEdges.push([last, event]);
    else if (context.sent >= 0) this.#mustEdges.push([context.sent, event]);
    context.events.push(event);
    if (lock !== null) {
      context.waitsFor = null;
      this.#grant(context, lock, event);
    }
    return event;
  }

  access(context: Context, argument: number, detail: number): void {
    const type = detail % 2 === 0 ? 'Write' : 'Read';
    const variable = `x${argument % 2}`;
    const location = `place${this.#sketches.length}`;
    const payload = access(variable, type, { location });
    const event = this.emit(context, { kind: 'StateChange', payload }, detail);
    if (event < 0) return;
    const locks = new Map([...context.held].map((lock) => [lock, true]));
    this.#accesses.push({ event, variable, type, location, locks });
  }

  /**
   * Every call is of a request that has had an event, and is seen in the end; of TypeScript, which
   * sends no clock, only its first event's time tells when it was. Rust shows its new span
   * before it calls again: nothing else tells it from the callee that has it too.
   */
  call(context: Context, argument: number, detail: number): void {
    const isUnseen = context.sdk === 'rust' && context.hasCalled;
    if (context.events.length === 0 || isUnseen) this.emit(context, {}, detail);
    if (context.events.length === 0 || this.contexts.length === MAX_CONTEXTS) return;
    if (context.waitsFor !== null) return;
    for (const other of this.contexts) {
      if (other.caller === context && other.events.length === 0) this.emit(other, {}, 0);
    }
    const component = `${context.service}#${context.instance}`;
    context.clock.set(component, (context.clock.get(component) ?? 0) + 1);
    this.begin(context, argument, detail);
    const callee = this.contexts.at(-1) as Context;
    if (callee.sdk === 'typescript' || detail % 2 === 0) this.emit(callee, {}, detail);
  }

  acquire(context: Context, lock: string): void {
    if (context.waitsFor !== null || context.held.has(lock)) return;
    const announces = context.sdk === 'go' || context.sdk === 'rust';
    if (!announces && this.#isTaken(lock)) return;
    const payload = { lock_id: lock, lock_type: 'Mutex', location: 'here' };
    const event = this.emit(context, { kind: 'LockAcquire', payload }, 0);
    if (announces) context.waitsFor = lock;
    else this.#grant(context, lock, event);
  }

  release(context: Context): void {
    const [lock] = context.held;
    if (lock === undefined || context.waitsFor !== null) return;
    const payload = { lock_id: lock, lock_type: 'Mutex', location: 'here' };
    const event = this.emit(context, { kind: 'LockRelease', payload }, 0);
    context.held.delete(lock);
    this.#released.push({ lock, event });
  }

  #grant(context: Context, lock: string, event: number): void {
    context.held.add(lock);
    for (const before of this.#released) {
      if (before.lock === lock) this.#lockEdges.push([before.event, event]);
    }
  }

  #isTaken(lock: string): boolean {
    return this.contexts.some(({ held }) => held.has(lock));
  }

  /** A callee has answered with its last event; the caller goes on with its next one. */
  #linkReturn({ caller, isBlocking, sent, events }: Context): void {
    const answered = events.at(-1);
    if (caller === null || !isBlocking || answered === undefined) return;
    const returned = caller.events.find((event) => event > answered && event > sent);
    if (returned !== undefined) this.#mustEdges.push([answered, returned]);
  }

  /** One event a millisecond, but TypeScript may have several in one, in any order. */
  #time(context: Context, detail: number): number {
    const last = this.#sketches.at(-1);
    const isSame = context.events.at(-1) === this.#sketches.length - 1 && last !== undefined;
    if (context.sdk !== 'typescript') {
      this.#millisecond += 1;
      return this.#millisecond;
    }
    if (!isSame || detail < 4) this.#millisecond += 1;
    return this.#millisecond + ((detail * 379 + this.#sketches.length * 617) % 1000) / 1000;
  }

  #vectorOf(context: Context): [string, number][] {
    if (context.sdk !== 'typescript') return [...context.clock];
    const [first] = context.events;
    if (first === undefined) return [];
    return [[this.#sketches[first]?.id ?? '', context.events.length]];
  }
}

/**
 * After a call Rust shares its span with the callee. So Rust does not call itself here, and neither
 * of the two calls TypeScript: nothing that is sent would tell which of them called.
 */
function calleeOf(caller: Context | null, argument: number): Context['sdk'] {
  const wanted = sdks[argument % sdks.length] as Context['sdk'];
  const sharesSpan = caller?.sdk === 'rust' ? caller.hasCalled : caller?.caller?.sdk === 'rust';
  const isUnclear = wanted === 'typescript' && sharesSpan;
  if (!isUnclear && (wanted !== 'rust' || caller?.sdk !== 'rust')) return wanted;
  return calleeOf(caller, argument + 1);
}

/** TypeScript counts on from what it received of its own instance, and does not send how much it was. */
function instanceOf(sdk: Context['sdk'], caller: Context | null, detail: number): string {
  const instance = `i${detail % 2}`;
  const isInherited = caller?.clock.has(`svc-${sdk}#${instance}`) === true;
  return sdk === 'typescript' && isInherited ? `i${caller.clock.size + 2}-${detail}` : instance;
}

/** Rust's threads are those of the operating system: few, shared, and changed on the way. */
function threadOf({ sdk, span }: Context, detail: number, number: number): string {
  if (sdk === 'rust') return `ThreadId(${detail % 3})`;
  return sdk === 'go' ? span : `${sdk}-1-${number}`;
}
