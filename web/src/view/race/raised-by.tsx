import { useResource } from '../../api/resource.ts';
import type { ServiceRows } from '../../api/types.ts';
import { visible } from '../../model/visible.ts';
import { Code } from '../../ui/name.tsx';
import { Service } from '../../ui/service.tsx';

/** A race has two sides, and each is of one service. */
const servicesMax = 2;

/** The lines of a service's set-up after which its spans tell rows and values. */
export function RaisedBy({ services }: { services: readonly string[] }) {
  return (
    <>
      {services.slice(0, servicesMax).map((name) => (
        <OfService key={name} name={name} />
      ))}
    </>
  );
}

function OfService({ name }: { name: string }) {
  const { data } = useResource<ServiceRows>(`api/services/${encodeURIComponent(name)}`);
  if (data === null || data.raised_by.length === 0) return null;
  return (
    <details open>
      <summary>
        One line in <Service name={name} /> tells more
      </summary>
      <ul class="advice plain-list">
        {data.raised_by.map(({ library, line }) => (
          <li key={library}>
            {library === 'any' ? 'Any library, by hand' : visible(library)}
            <br />
            <Code text={line} />
          </li>
        ))}
      </ul>
    </details>
  );
}
