import type { TraceEvent } from '../../domain/event/event.ts';
import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';

/**
 * The place of the response to the request that a strand begins with; -1 when it does not begin with
 * one, or sends none. Requests that it makes itself, and their responses, stand between the two.
 */
export function answerPlace({ events }: CausalOrder, strand: Strand): number {
  if (events[strand.events[0] as number]?.kind !== 'HttpRequest') return -1;
  let unanswered = 0;
  let answered = -1;
  strand.events.forEach((event, place) => {
    const { kind } = events[event] as TraceEvent;
    if (kind === 'HttpRequest') unanswered += 1;
    if (kind !== 'HttpResponse' || unanswered === 0) return;
    unanswered -= 1;
    if (unanswered === 0) answered = place;
  });
  return unanswered === 0 ? answered : -1;
}
