import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Facet } from '../../api/types.ts';
import { choose, search } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import { visible } from '../../model/visible.ts';
import { Choice } from './filters.tsx';

/** A filter whose values are those that there are, each with how many have it. */
export function FacetChoice(props: {
  readonly label: string;
  readonly name: string;
  readonly any: string;
  readonly facet: Facet | null;
  /** A value in words; left out: as it stands. */
  readonly textOf?: (value: string) => string;
}) {
  const { label, name, any, facet, textOf = visible } = props;
  return (
    <Choice
      label={label}
      name={name}
      any={any}
      options={(facet?.values ?? []).map((one) => [
        one.value,
        `${textOf(one.value)} (${count(one.count)})`,
      ])}
    />
  );
}

/** A value that can be chosen, and how many have it. */
interface Option {
  readonly value: string;
  readonly count: number;
}

/** Values shown before somebody asks for the rest. */
const shownAtFirst = 8;

/** Which value of a facet is chosen, and how another one is, or none. */
export interface Chosen {
  readonly chosen: string | null;
  readonly change: (value: string | null) => void;
}

/** A choice that stands in the address under one name. */
export function chosenAs(name: string): Chosen {
  return {
    chosen: search.value.get(name),
    change: (value) => choose({ [name]: value, page: null, cursor: null }),
  };
}

/** A choice that is one of several tags in the address: that of a key, at most one. */
export function chosenTag(key: string): Chosen {
  const tags = search.value.getAll('tag');
  const beginning = `${key}:`;
  return {
    chosen: tags.find((tag) => tag.startsWith(beginning))?.slice(beginning.length) ?? null,
    change: (value) => {
      const others = tags.filter((tag) => !tag.startsWith(beginning));
      const tag = value === null ? others : [...others, beginning + value];
      choose({ tag, page: null, cursor: null });
    },
  };
}

/** The values of one member, of which one can be chosen; nothing where there are none. */
export function FacetList(props: {
  readonly label: ComponentChildren;
  readonly by: Chosen;
  readonly options: readonly Option[];
  readonly leftOut?: number;
  readonly show: (value: string) => ComponentChildren;
}) {
  const { label, options, leftOut = 0, show } = props;
  const { chosen, change } = props.by;
  const [isOpen, setOpen] = useState(false);
  const isListed = chosen === null || options.some(({ value }) => value === chosen);
  const all = isListed || chosen === null ? options : [{ value: chosen, count: 0 }, ...options];
  if (all.length === 0) return null;
  const shown = isOpen
    ? all
    : all.filter(({ value }, place) => place < shownAtFirst || value === chosen);
  return (
    <fieldset class="facet">
      <legend>{label}</legend>
      {shown.map((option) => (
        <label key={option.value} class={option.value === chosen ? 'on' : ''}>
          <input
            type="checkbox"
            checked={option.value === chosen}
            onChange={() => change(option.value === chosen ? null : option.value)}
          />
          <span class="value">{show(option.value)}</span>
          <span class="muted">{count(option.count)}</span>
        </label>
      ))}
      {shown.length < all.length && (
        <button type="button" class="plain" onClick={() => setOpen(true)}>
          {count(all.length - shown.length)} more
        </button>
      )}
      {isOpen && leftOut > 0 && (
        <p class="muted">
          {counted(leftOut, 'further value is', 'further values are')} not listed.
        </p>
      )}
    </fieldset>
  );
}
