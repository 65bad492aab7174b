import { hueOf } from '../model/hue.ts';
import { Name } from './name.tsx';

/** A service: its colour, and always its name. */
export function Service({ name }: { name: string }) {
  return (
    <span class="service">
      <span class={`hue hue-${hueOf(name)}`} aria-hidden="true" />
      <Name text={name === '' ? 'no service' : name} />
    </span>
  );
}

/** The first services of a list, and how many there are beside them. */
export function Services({ names, max = 3 }: { names: readonly string[]; max?: number }) {
  const more = names.length - max;
  return (
    <span class="services">
      {names.slice(0, max).map((name) => (
        <Service key={name} name={name} />
      ))}
      {more > 0 && <span class="muted">and {more} more</span>}
    </span>
  );
}
