import { zone } from '../app/preferences.ts';
import { clock, moment } from '../model/format.ts';

/** A time: short, with the whole of it when pointed at. */
export function Clock({ time }: { time: string | null }) {
  if (time === null) return <span class="muted">not seen</span>;
  return (
    <time dateTime={time} title={moment(time, zone.value)}>
      {clock(time, zone.value, Date.now())}
    </time>
  );
}
