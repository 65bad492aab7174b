import { duration } from '../../model/format.ts';
import { hueOf } from '../../model/hue.ts';
import {
  criticalServices,
  criticalShares,
  skewedServices,
  type Timeline,
  wordsOf,
} from '../../model/trace/timeline.ts';
import { Name } from '../../ui/name.tsx';
import { Card } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';

const stepsShown = 6;
const servicesMax = 3;

/** What everybody waited for: by service, and the longest steps. */
export function CriticalCard(props: {
  readonly timeline: Timeline;
  readonly onSelect: (row: number) => void;
}) {
  const { timeline, onSelect } = props;
  const services = criticalServices(timeline);
  const total = services.reduce((sum, { us }) => sum + us, 0);
  if (total === 0) return null;
  let before = 0;
  return (
    <Card title="Critical path" hint={duration(total)}>
      <svg class="share-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {services.map(({ service, us }) => {
          const x = (before / total) * 100;
          before += us;
          return (
            <rect
              key={service}
              class={`fill-${hueOf(service)}`}
              x={x}
              width={Math.max(0, (us / total) * 100 - 0.5)}
              height="6"
            />
          );
        })}
      </svg>
      <p class="services">
        {services.slice(0, 5).map(({ service, us }) => (
          <span key={service}>
            <Service name={service} /> <span class="muted">{Math.round((us / total) * 100)} %</span>
          </span>
        ))}
      </p>
      <ul class="steps">
        {criticalShares(timeline)
          .slice(0, stepsShown)
          .map(({ row, us }) => (
            <li key={row}>
              <button type="button" class="plain" onClick={() => onSelect(row)}>
                <Name text={wordsOf(timeline, row).name} /> <span class="muted">itself</span>
              </button>
              <span class="number">{duration(us)}</span>
            </li>
          ))}
      </ul>
      <ClockNote timeline={timeline} />
    </Card>
  );
}

/** Which services' rows were moved, because clocks disagree. */
function ClockNote({ timeline }: { timeline: Timeline }) {
  const skewed = skewedServices(timeline);
  if (skewed.length === 0) return null;
  return (
    <p class="foot muted">
      Clocks disagree: rows of{' '}
      {skewed.slice(0, servicesMax).map(({ service, us }, place) => (
        <span key={service}>
          {place > 0 && ', '}
          <Service name={service} /> are shown {duration(Math.abs(us))}{' '}
          {us > 0 ? 'later' : 'earlier'}
        </span>
      ))}{' '}
      than their hosts said.
    </p>
  );
}
