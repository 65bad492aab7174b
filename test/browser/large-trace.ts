import type { Batch } from './shop.ts';

const services = ['web', 'orders', 'stock', 'billing', 'ledger'];
const operations = ['render', 'load', 'commit', 'validate', 'reserve', 'charge', 'lookup'];
/** As many as come in one request. */
const batchEvents = 5000;
const depthMax = 14;

/** One trace of so many events: calls in calls, fourteen deep, with accesses between them. */
export function largeTrace(trace: string, count: number, startMs: number): Batch[] {
  const events: object[] = [];
  const path: string[] = [];
  let us = 0;
  for (let number = 0; number < count; number += 1) {
    const depth = (number * 5) % depthMax;
    const service = services[Math.floor((depth / depthMax) * services.length)] ?? 'web';
    path.length = Math.min(path.length, depth);
    const isAccess = number % 5 === 4;
    const id = `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
    us += 20 + (number % 7);
    events.push({
      id,
      trace_id: trace,
      parent_id: path.at(-1) ?? null,
      timestamp: timeOf(startMs, us),
      kind: isAccess
        ? {
            StateChange: {
              variable: `stock.sku-${number % 97}`,
              old_value: number,
              new_value: number + 1,
              location: `stock.go:${number % 400}`,
              access_type: number % 10 === 4 ? 'Read' : 'Write',
            },
          }
        : {
            FunctionCall: {
              function_name: operations[number % operations.length],
              module: 'shop',
              args: null,
              file: `${service}.ts`,
              line: number % 500,
            },
          },
      metadata: {
        thread_id: `${service}-1`,
        process_id: 1,
        service_name: service,
        environment: 'shop',
        tags: {},
        duration_ns: isAccess ? null : (depthMax - depth) * 400_000,
        instance_id: `${service}-1`,
        distributed_span_id: null,
        upstream_span_id: null,
      },
      causality_vector: [],
      lock_set: [],
    });
    if (!isAccess) path.push(id);
  }
  return Array.from({ length: Math.ceil(events.length / batchEvents) }, (_, batch) =>
    events.slice(batch * batchEvents, (batch + 1) * batchEvents),
  );
}

function timeOf(startMs: number, us: number): string {
  const whole = new Date(startMs + Math.floor(us / 1000)).toISOString().slice(0, 23);
  return `${whole}${String(us % 1000).padStart(3, '0')}Z`;
}
