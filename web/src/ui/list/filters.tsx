import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { choose, search } from '../../app/route.ts';
import { visible } from '../../model/visible.ts';
import { useLater } from '../use-later.ts';

/** Filters that are folded away where there is no room for them. */
export function MoreFilters({ children }: { children: ComponentChildren }) {
  return (
    <details class="more-filters" open={matchMedia('(min-width: 641px)').matches}>
      <summary>Narrow down</summary>
      <div class="filters">{children}</div>
    </details>
  );
}

/** One of a few values of a filter; it stands in the address. */
export function Choice(props: {
  readonly label: string;
  readonly name: string;
  /** What holds when nothing is chosen. */
  readonly any: string;
  readonly options: readonly (readonly [value: string, text: string])[];
}) {
  const { label, name, any, options } = props;
  const value = search.value.get(name) ?? '';
  const isListed = value === '' || options.some(([option]) => option === value);
  return (
    <label class={value === '' ? 'filter' : 'filter on'}>
      <span>{label}</span>
      <select
        value={value}
        onChange={(event) =>
          choose({ [name]: event.currentTarget.value, page: null, cursor: null })
        }
      >
        <option value="">{any}</option>
        {!isListed && <option value={value}>{visible(value)}</option>}
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

const typingMs = 300;

/** A filter that is written. */
export function TextFilter(props: {
  readonly label: string;
  readonly name: string;
  readonly placeholder?: string;
}) {
  const { label, name, placeholder = 'any' } = props;
  const stands = search.value.get(name) ?? '';
  const [text, setText] = useState(stands);
  const later = useLater(text, typingMs);
  useEffect(() => {
    if (later === text && later !== stands) {
      choose({ [name]: later, page: null, cursor: null }, { replace: true });
    }
  }, [later]);
  useEffect(() => setText(stands), [stands]);
  return (
    <label class={stands === '' ? 'filter' : 'filter on'}>
      <span>{label}</span>
      <input
        type="search"
        value={text}
        placeholder={placeholder}
        spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}

/** A filter that may stand several times; each is written, and added by Enter. */
export function AddedFilter(props: {
  readonly label: string;
  readonly name: string;
  readonly placeholder: string;
  /** What may be added, as a regular expression of the whole. */
  readonly pattern: string;
  readonly hint: string;
}) {
  const { label, name, placeholder, pattern, hint } = props;
  const [text, setText] = useState('');
  const stand = search.value.getAll(name);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setText('');
        if (text === '' || stand.includes(text)) return;
        choose({ [name]: [...stand, text], page: null, cursor: null });
      }}
    >
      <label class={stand.length === 0 ? 'filter' : 'filter on'}>
        <span>{label}</span>
        <input
          type="search"
          value={text}
          placeholder={placeholder}
          pattern={pattern}
          title={hint}
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
    </form>
  );
}
