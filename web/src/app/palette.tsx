import { useMemo, useState } from 'preact/hooks';
import { query } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import type {
  IssueList,
  OperationList,
  ServiceList,
  TracePage,
  VariableList,
} from '../api/types.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Name } from '../ui/name.tsx';
import { useLater } from '../ui/use-later.ts';
import { type Hit, paletteHits } from './palette-hits.ts';
import { go } from './route.ts';

/** Search over pages, races, services, variables, operations and traces; the keyboard alone is enough. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  const asked = useLater(text.trim(), 150);
  const races = useResource<IssueList>('api/races?view=list&page_size=100');
  const variables = useResource<VariableList>(
    asked === '' ? null : `api/variables${query({ q: asked, page_size: 5 })}`,
  );
  const traces = useResource<TracePage>(
    asked === '' ? null : `api/traces${query({ q: asked, page_size: 8 })}`,
  );
  const services = useResource<ServiceList>('api/services');
  const operations = useResource<OperationList>(
    asked === '' ? null : `api/operations${query({ q: asked, page_size: 4 })}`,
  );
  const answers = [
    races.data,
    services.data,
    variables.data,
    operations.data,
    traces.data,
  ] as const;
  const hits = useMemo(
    () =>
      paletteHits(text.trim(), {
        races: races.data,
        services: services.data,
        variables: variables.data,
        operations: operations.data,
        traces: traces.data,
      }),
    [text, ...answers],
  );
  const at = Math.min(chosen, hits.length - 1);
  const open = (hit: Hit | undefined) => {
    if (hit === undefined) return;
    onClose();
    go(hit.target);
  };
  return (
    <Dialog class="palette" label="Search" onClose={onClose}>
      <input
        type="text"
        role="combobox"
        placeholder="Page, variable, trace id, operation, service…"
        aria-label="Search"
        aria-expanded="true"
        aria-controls="hits"
        aria-activedescendant={hits.length === 0 ? undefined : `hit-${at}`}
        autoFocus
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setChosen(Math.min(at + 1, hits.length - 1));
          else if (event.key === 'ArrowUp') setChosen(Math.max(at - 1, 0));
          else if (event.key === 'Enter') open(hits[at]);
          else return;
          event.preventDefault();
        }}
      />
      <div id="hits" role="listbox" aria-label="Found">
        {hits.map((hit, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys.
          <div
            key={hit.target}
            id={`hit-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === at}
            onClick={() => open(hit)}
          >
            <span class="muted">{hit.kind}</span> <Name text={hit.name} />
          </div>
        ))}
      </div>
      {hits.length === 0 && <p class="muted">Nothing is called like that.</p>}
    </Dialog>
  );
}
