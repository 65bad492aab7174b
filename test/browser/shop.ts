/**
 * Traffic of a small shop, as its services would send it: checkouts that hold a lock while they
 * change the balance, refunds that forget it, stock that two checkouts take at once, and pages that
 * only read.
 */

/** A batch as it is posted. */
export type Batch = readonly object[];

interface Step {
  readonly atUs: number;
  readonly kind: object;
  readonly durationUs?: number;
}

interface Hop {
  readonly service: string;
  readonly thread: string;
  readonly span: string;
  readonly upstream: string | null;
  readonly steps: readonly Step[];
}

/** Makes a shop whose ids follow from a number, so that two runs are alike. */
export class Shop {
  readonly #startMs: number;
  #count: number;
  #balance = 12_750;
  #stock = 470;

  /** @param firstId where ids begin: those of two shops are not to be alike */
  constructor(startMs: number, firstId = 0) {
    this.#startMs = startMs;
    this.#count = firstId;
  }

  /** A checkout and a refund at once: both read the balance, one change is lost. */
  lostUpdate(atMs: number): Batch {
    const before = this.#balance;
    this.#balance = before + 25;
    return [
      ...this.checkout(atMs, { before, after: before + 25, chargeUs: 8000 }),
      ...this.refund(atMs + 3, { before, after: before - 40 }),
    ];
  }

  /** Two checkouts that take the last item at once. */
  oversell(atMs: number): Batch {
    const stock = this.#stock;
    const first = this.checkout(atMs, { stock });
    this.#stock = stock;
    return [...first, ...this.checkout(atMs + 1, { stock })];
  }

  /** Web, orders and ledger, each called by the one before. */
  checkout(
    atMs: number,
    given: { before?: number; after?: number; stock?: number; chargeUs?: number } = {},
  ): Batch {
    const { before = this.#balance, chargeUs = 8000 } = given;
    const { after = before + 25, stock = this.#stock } = given;
    this.#balance = after;
    this.#stock = stock - 1;
    const [web, orders, ledger] = [this.#span(), this.#span(), this.#span()];
    const sku = 'stock.sku-42';
    return this.#trace(atMs, [
      {
        ...{ service: 'web', thread: 'js-1', span: web, upstream: null },
        steps: [
          { atUs: 0, kind: request('POST', '/checkout') },
          { atUs: 400, kind: call('checkout', 'checkout.ts', 44), durationUs: 13_500 },
          { atUs: 14_700, kind: response(201, 14.7) },
        ],
      },
      {
        ...{ service: 'orders', thread: 'go-7', span: orders, upstream: web },
        steps: [
          { atUs: 1000, kind: request('POST', '/reserve') },
          { atUs: 1100, kind: call('Reserve', 'reserve.go', 61), durationUs: 12_300 },
          { atUs: 1700, kind: reads(sku, stock, 'reserve.go:66') },
          { atUs: 7000, kind: writes(sku, stock, stock - 1, 'reserve.go:71') },
          { atUs: 13_600, kind: response(200, 12.6) },
        ],
      },
      {
        ...{ service: 'ledger', thread: 'py-3', span: ledger, upstream: orders },
        steps: [
          { atUs: chargeUs, kind: request('POST', '/charge') },
          { atUs: chargeUs + 100, kind: call('charge', 'charge.py', 20), durationUs: 5000 },
          { atUs: chargeUs + 300, kind: lock('LockAcquire', 'charge.py:22') },
          { atUs: chargeUs + 800, kind: reads('ledger.balance', before, 'charge.py:24') },
          { atUs: chargeUs + 4500, kind: writes('ledger.balance', before, after, 'charge.py:27') },
          { atUs: chargeUs + 4800, kind: lock('LockRelease', 'charge.py:28') },
          { atUs: chargeUs + 5200, kind: response(200, 5.2) },
        ],
      },
    ]);
  }

  /** Web and ledger; nobody takes the lock. */
  refund(atMs: number, given: { before?: number; after?: number } = {}): Batch {
    const { before = this.#balance } = given;
    const { after = before - 40 } = given;
    this.#balance = after;
    const [web, ledger] = [this.#span(), this.#span()];
    return this.#trace(atMs, [
      {
        ...{ service: 'web', thread: 'js-2', span: web, upstream: null },
        steps: [
          { atUs: 0, kind: request('POST', '/refunds') },
          { atUs: 9000, kind: response(200, 9) },
        ],
      },
      {
        ...{ service: 'ledger', thread: 'py-4', span: ledger, upstream: web },
        steps: [
          { atUs: 5500, kind: request('POST', '/refund') },
          { atUs: 6500, kind: reads('ledger.balance', before, 'refund.py:36') },
          { atUs: 8000, kind: writes('ledger.balance', before, after, 'refund.py:39') },
          { atUs: 8600, kind: response(200, 3.1) },
        ],
      },
    ]);
  }

  /** A page that only reads; it may be slow, or fail. */
  product(atMs: number, number: number, { tookUs = 5000, error = false } = {}): Batch {
    return this.#trace(atMs, [
      {
        ...{ service: 'web', thread: 'js-3', span: this.#span(), upstream: null },
        steps: [
          { atUs: 0, kind: request('GET', `/products/${number}`) },
          { atUs: 300, kind: call('listProducts', 'products.ts', 31), durationUs: tookUs - 500 },
          ...(error
            ? [{ atUs: tookUs - 150, kind: failure('TimeoutError', 'the shop is closed') }]
            : []),
          { atUs: tookUs, kind: response(error ? 504 : 200, tookUs / 1000) },
        ],
      },
    ]);
  }

  #trace(atMs: number, hops: readonly Hop[]): Batch {
    const trace = this.#id();
    return hops.flatMap(({ service, thread, span, upstream, steps }) => {
      const [first] = steps.map(() => this.#id());
      return steps.map(({ atUs, kind, durationUs }, index) => ({
        id: index === 0 ? first : this.#id(),
        trace_id: trace,
        parent_id: index === 0 ? null : first,
        timestamp: this.#time(atMs, atUs),
        kind,
        metadata: {
          thread_id: `${thread}-${trace.slice(-4)}`,
          process_id: 1,
          service_name: service,
          environment: 'shop',
          tags: { scope: 'shared' },
          duration_ns: durationUs === undefined ? null : durationUs * 1000,
          instance_id: `${service}-1`,
          distributed_span_id: span,
          upstream_span_id: upstream,
        },
        causality_vector: [],
        lock_set: [],
      }));
    });
  }

  #time(atMs: number, atUs: number): string {
    const us = Math.round(atMs * 1000) + atUs;
    const whole = new Date(this.#startMs + Math.floor(us / 1000)).toISOString().slice(0, 23);
    return `${whole}${String(us % 1000).padStart(3, '0')}Z`;
  }

  #id(): string {
    this.#count += 1;
    const digits = Math.imul(this.#count, 0x9e3779b1) >>> 0;
    return `${digits.toString(16).padStart(8, '0')}-0000-4000-8000-${this.#count.toString(16).padStart(12, '0')}`;
  }

  #span(): string {
    this.#count += 1;
    return this.#count.toString(16).padStart(16, '0');
  }
}

function request(method: string, url: string): object {
  return { HttpRequest: { method, url, headers: {}, body: null } };
}

function response(status: number, tookMs: number): object {
  return { HttpResponse: { status, headers: {}, body: null, duration_ms: tookMs } };
}

function call(name: string, file: string, line: number): object {
  return { FunctionCall: { function_name: name, module: 'shop', args: null, file, line } };
}

function reads(variable: string, value: unknown, location: string): object {
  return {
    StateChange: { variable, old_value: null, new_value: value, location, access_type: 'Read' },
  };
}

function writes(variable: string, before: unknown, after: unknown, location: string): object {
  return {
    StateChange: { variable, old_value: before, new_value: after, location, access_type: 'Write' },
  };
}

function lock(kind: 'LockAcquire' | 'LockRelease', location: string): object {
  return { [kind]: { lock_id: 'ledger', lock_type: 'mutex', location } };
}

function failure(type: string, message: string): object {
  return { Error: { error_type: type, message, stack_trace: [] } };
}

/** A working day of the shop: about a hundred requests, three lost updates and two oversells. */
export function shopDay(startMs: number): Batch[] {
  const shop = new Shop(startMs);
  const batches: Batch[] = [];
  for (let minute = 0; minute < 60; minute += 1) {
    const atMs = minute * 60_000;
    if (minute % 20 === 5) batches.push(shop.lostUpdate(atMs));
    else if (minute % 30 === 9) batches.push(shop.oversell(atMs));
    else if (minute % 7 === 3) batches.push(shop.checkout(atMs));
    const isSlow = minute === 41;
    batches.push(
      shop.product(atMs + 20_000, minute % 9, {
        tookUs: isSlow ? 257_000 : 4000 + (minute % 11) * 400,
        error: minute % 25 === 24,
      }),
    );
    if (minute % 13 === 6) batches.push(shop.refund(atMs + 40_000));
  }
  return batches;
}
