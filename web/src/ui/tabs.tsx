import type { ComponentChildren } from 'preact';

/** One of a few, of which one is always chosen. */
export function Tabs<Choice extends string>(props: {
  readonly label: string;
  /** Of the group; one page has each once. */
  readonly name: string;
  readonly chosen: Choice;
  readonly tabs: readonly (readonly [value: Choice, text: ComponentChildren])[];
  readonly onChoose: (value: Choice) => void;
}) {
  const { label, name, chosen, tabs, onChoose } = props;
  return (
    <fieldset class="tabs">
      <legend class="hidden">{label}</legend>
      {tabs.map(([value, text]) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={value === chosen}
            onChange={() => onChoose(value)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
