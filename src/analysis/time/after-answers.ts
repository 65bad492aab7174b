import type { TraceEvent } from '../../domain/event/event.ts';
import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';
import type { Origins } from './span-origins.ts';

/**
 * Marks the events that came after the response of a request: those behind it in its strand, all that
 * these brought about, and strands that nothing brought about and that began in the same process
 * behind it. Nobody waited for them.
 */
export function afterAnswers(
  order: CausalOrder,
  origins: Origins,
  answerPlaces: Int32Array,
): Uint8Array {
  const { events, strands, strandOf, positionOf, placeOf } = order;
  const marks = new Uint8Array(events.length);
  const answers = firstAnswers(order, answerPlaces);
  const isBehind = (event: number) => {
    const strand = strands[strandOf[event] as number] as Strand;
    const place = answerPlaces[strand.number] as number;
    if (place >= 0) return (placeOf[event] as number) > place;
    if ((origins.ofEvent[event] as number) >= 0 || isRequest(order, strand)) return false;
    const answer = strand.instance === null ? undefined : answers.get(processOf(strand));
    const first = strand.events[0] as number;
    return answer !== undefined && answer < (events[first] as TraceEvent).timestampNs;
  };
  for (const event of order.sequence) {
    const origin = origins.ofEvent[event] as number;
    const isKnown = origin >= 0 && (positionOf[origin] as number) < (positionOf[event] as number);
    if (isBehind(event) || (isKnown && marks[origin] === 1)) marks[event] = 1;
  }
  return marks;
}

/** When each process first answered a request, by trace. */
function firstAnswers(
  { events, strands }: CausalOrder,
  answerPlaces: Int32Array,
): ReadonlyMap<string, bigint> {
  const first = new Map<string, bigint>();
  for (const strand of strands) {
    const answer = strand.events[answerPlaces[strand.number] as number];
    if (answer === undefined) continue;
    const { timestampNs } = events[answer] as TraceEvent;
    const process = processOf(strand);
    const known = first.get(process);
    if (known === undefined || timestampNs < known) first.set(process, timestampNs);
  }
  return first;
}

function isRequest({ events }: CausalOrder, strand: Strand): boolean {
  return events[strand.events[0] as number]?.kind === 'HttpRequest';
}

function processOf({ trace, service, instance }: Strand): string {
  return JSON.stringify([trace, service, instance]);
}
