import type { TraceEvent } from '../domain/event/event.ts';
import { analyseOrder } from './order/order.ts';
import { withDerivedEvents } from './spans/derive.ts';
import type { StatementReader } from './statements/statement-reader.ts';
import { type Surroundings, surroundingsOf, type WitnessAccesses } from './time/surroundings.ts';
import { type AnalysisSwitches, joined } from './trace-work.ts';

/**
 * Analyses the causal group of a trace for what is around accesses of it; null where none of them is
 * among the events.
 */
export function witnessSurroundings(
  accesses: WitnessAccesses,
  events: readonly TraceEvent[],
  switches: AnalysisSwitches,
  reader: StatementReader,
): Surroundings | null {
  const whole = joined(accesses.traceId, events, switches);
  const order = analyseOrder(whole, switches.clockWords);
  const stepEvents = switches.races ? withDerivedEvents(whole, reader) : whole;
  const steps = stepEvents === whole ? order : analyseOrder(stepEvents, switches.clockWords);
  return surroundingsOf(order, steps, accesses);
}
