import { useMemo, useState } from 'preact/hooks';
import { query } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import type { IssueList, TracePage, VariableList } from '../api/types.ts';
import { patternTitle, shortId } from '../model/words.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Name } from '../ui/name.tsx';
import { useLater } from '../ui/use-later.ts';
import { places } from './places.ts';
import { go, racePath, tracePath, variablePath } from './route.ts';

interface Hit {
  readonly kind: string;
  readonly name: string;
  readonly target: string;
}

/** Search over pages, races and traces; the keyboard alone is enough. */
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
  const hits = useMemo(
    () => findHits(text.trim(), races.data, variables.data, traces.data),
    [text, races.data, variables.data, traces.data],
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

const hitsMax = 12;

function findHits(
  text: string,
  races: IssueList | null,
  variables: VariableList | null,
  traces: TracePage | null,
): Hit[] {
  const wanted = text.toLowerCase();
  const pages = places.map(({ name, path }) => ({ kind: 'Page', name, target: path }));
  const issues = (races?.issues ?? []).map((issue) => ({
    kind: 'Race',
    name: `${patternTitle(issue.pattern)} ${issue.variable}`,
    target: racePath(issue.fingerprint),
  }));
  const shared = (text === '' ? [] : (variables?.variables ?? [])).map(({ variable }) => ({
    kind: 'Value',
    name: variable,
    target: variablePath(variable),
  }));
  const found = (text === '' ? [] : (traces?.traces ?? [])).map((trace) => ({
    kind: 'Trace',
    name: `${trace.root} ${shortId(trace.trace_id)}`,
    target: tracePath(trace.trace_id),
  }));
  const named = [...pages, ...issues].filter(({ name }) => name.toLowerCase().includes(wanted));
  return [...named, ...shared, ...found].slice(0, hitsMax);
}
