import { useState } from 'preact/hooks';
import {
  densities,
  density,
  editorTemplate,
  letterKeys,
  theme,
  themes,
  zone,
  zones,
} from '../../app/preferences.ts';
import { editorExamples, editorLink, templateFault } from '../../model/editor-link.ts';
import { Card } from '../../ui/page.tsx';

const themeNames = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;
const zoneNames = { local: 'Of this machine', utc: 'UTC' } as const;
const densityNames = { comfortable: 'Comfortable', compact: 'Compact' } as const;

/** How the pages look in this browser, and what they open. */
export function BrowserCard() {
  return (
    <Card title="This browser">
      <div class="fields">
        <Radios
          label="Theme"
          options={themes.map((value) => [value, themeNames[value]])}
          value={theme.value}
          onChange={(value) => {
            theme.value = value;
          }}
        />
        <Radios
          label="Times"
          options={zones.map((value) => [value, zoneNames[value]])}
          value={zone.value}
          onChange={(value) => {
            zone.value = value;
          }}
        />
        <Radios
          label="Lines"
          options={densities.map((value) => [value, densityNames[value]])}
          value={density.value}
          onChange={(value) => {
            density.value = value;
          }}
        />
        <Radios
          label="Single letters as commands"
          options={[
            ['on', 'On'],
            ['off', 'Off'],
          ]}
          value={letterKeys.value}
          onChange={(value) => {
            letterKeys.value = value;
          }}
        />
        <EditorField />
      </div>
    </Card>
  );
}

const sample = '/srv/ledger/refund.py:39';

/** What opens a place in the code. */
function EditorField() {
  const [text, setText] = useState(editorTemplate.value);
  const fault = templateFault(text);
  const take = (next: string) => {
    setText(next);
    if (templateFault(next) === null) editorTemplate.value = next;
  };
  return (
    <fieldset class="editor-field">
      <legend>Places in the code open in</legend>
      <input
        type="text"
        aria-label="Address of a place in the editor"
        aria-invalid={fault !== null}
        aria-describedby="editor-told"
        placeholder="vscode://file/{file}:{line}"
        spellcheck={false}
        value={text}
        onInput={(event) => take(event.currentTarget.value.trim())}
      />
      <p>
        {editorExamples.map(([name, template]) => (
          <button key={name} type="button" class="plain" onClick={() => take(template)}>
            {name}
          </button>
        ))}
        <button type="button" class="plain" onClick={() => take('')}>
          Nothing
        </button>
      </p>
      <p id="editor-told" class={fault === null ? 'muted' : 'bad'} role="status">
        {fault ?? (text === '' ? 'Places are text.' : `${sample} → ${editorLink(text, sample)}`)}
      </p>
    </fieldset>
  );
}

function Radios<Choice extends string>(props: {
  readonly label: string;
  readonly options: readonly (readonly [value: Choice, name: string])[];
  readonly value: Choice;
  readonly onChange: (value: Choice) => void;
}) {
  return (
    <fieldset>
      <legend>{props.label}</legend>
      {props.options.map(([value, name]) => (
        <label key={value}>
          <input
            type="radio"
            name={props.label}
            checked={props.value === value}
            onChange={() => props.onChange(value)}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
