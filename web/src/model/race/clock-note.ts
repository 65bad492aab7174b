import type { WitnessView } from '../../api/types.ts';
import { duration } from '../format.ts';

/** What times of the two sides of a race are worth beside each other. */
export function clockNote(
  { clocks, skew_us: skewUs }: Pick<WitnessView, 'clocks' | 'skew_us'>,
  service: string,
): string {
  if (clocks === 'one') return `One clock: both sides ran in one instance of ${service}.`;
  const rests = 'the order of these rows is by what is known to come before what first';
  const which = clocks === 'two' ? 'Two clocks' : 'Perhaps two clocks';
  if (skewUs === null) return `${which}, which nothing compares: ${rests}.`;
  if (skewUs === 0) return `${which}, which agree as far as calls tell: ${rests}.`;
  const side = skewUs > 0 ? 'B is ahead' : 'A is ahead';
  return `${which}; ${side} by about ${duration(Math.abs(skewUs))}, as calls tell: ${rests}.`;
}
