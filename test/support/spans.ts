import { analyseOrder, type CausalOrder } from '../../src/analysis/order/order.ts';
import { type CriticalPath, criticalPath } from '../../src/analysis/time/critical-path.ts';
import { type EventSketch, traceEvents, wireEvent } from './events.ts';

/** A step that took time, by a name in place of an id. Its event stamps its start. */
export interface SpanSketch extends Omit<EventSketch, 'id' | 'parent' | 'durationNs'> {
  readonly name: string;
  readonly in?: string;
  readonly at: number;
  readonly ms?: number;
}

/** The id of the event that a test calls by a name. */
export function idOf(name: string): string {
  const hex = Buffer.from(name.padEnd(10, '.')).toString('hex');
  return `${hex.slice(0, 8)}-0000-4000-8000-${hex.slice(8, 20)}`;
}

/** The order of events, each on a thread of its own unless it names one. */
export function orderOf(sketches: readonly SpanSketch[]): CausalOrder {
  const events = sketches.map(({ name, in: parent, ms, ...sketch }) =>
    wireEvent({
      id: idOf(name),
      parent: parent === undefined ? null : idOf(parent),
      durationNs: ms === undefined ? null : ms * 1e6,
      thread: name,
      payload: { function_name: name, module: 'm', args: null, file: `${name}.ts`, line: 1 },
      ...sketch,
    }),
  );
  return analyseOrder(traceEvents(events));
}

/** The critical path of events, which must have one. */
export function pathOf(sketches: readonly SpanSketch[]): CriticalPath {
  const path = criticalPath(orderOf(sketches));
  if (path === null) throw new Error('no critical path');
  return path;
}

/** Milliseconds on the critical path by name. */
export function shares(sketches: readonly SpanSketch[]): Record<string, number> {
  return sharesOf(pathOf(sketches), sketches);
}

/** Milliseconds of a critical path by the name of the step. */
export function sharesOf(
  { path }: CriticalPath,
  sketches: readonly { readonly name: string }[],
): Record<string, number> {
  const names = new Map(sketches.map(({ name }) => [idOf(name), name]));
  return Object.fromEntries(path.map((step) => [names.get(step.id), step.on_critical_path_ms]));
}
