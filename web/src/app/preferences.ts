import { computed, effect, signal } from '@preact/signals';

/** What a person has chosen for this browser; nothing of the server is kept here. */
function preference<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]) {
  const key = `raceway.${name}`;
  const kept = localStorage.getItem(key) as Choice;
  const value = signal<Choice>(choices.includes(kept) ? kept : choices[0]);
  effect(() => localStorage.setItem(key, value.value));
  return value;
}

const textCharactersMax = 500;

function textPreference(name: string) {
  const key = `raceway.${name}`;
  const value = signal((localStorage.getItem(key) ?? '').slice(0, textCharactersMax));
  effect(() => localStorage.setItem(key, value.value));
  return value;
}

export const themes = ['system', 'light', 'dark'] as const;
export const theme = preference('theme', themes);
export const zones = ['local', 'utc'] as const;
export const zone = preference('zone', zones);
/** Whether single letters are commands. */
export const letterKeys = preference('letter-keys', ['on', 'off']);

export const densities = ['comfortable', 'compact'] as const;
/** How much room a line has. */
export const density = preference('density', densities);
/** Pixels of a line of a trace. */
export const lineHeight = computed(() => (density.value === 'compact' ? 20 : 26));
/** How a place in the code is opened, as `editorLink` reads it; empty: not at all. */
export const editorTemplate = textPreference('editor');

/** Makes the page follow the chosen theme and density. */
export function applyLook(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    document.documentElement.dataset['density'] = density.value;
  });
}

/** Light, dark, system, light … */
export function turnTheme(): void {
  const at = themes.indexOf(theme.value);
  theme.value = themes[(at + 1) % themes.length] ?? 'system';
}
