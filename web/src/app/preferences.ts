import { effect, signal } from '@preact/signals';

/** What a person has chosen for this browser; nothing of the server is kept here. */
function preference<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]) {
  const key = `raceway.${name}`;
  const kept = localStorage.getItem(key) as Choice;
  const value = signal<Choice>(choices.includes(kept) ? kept : choices[0]);
  effect(() => localStorage.setItem(key, value.value));
  return value;
}

export const themes = ['system', 'light', 'dark'] as const;
export const theme = preference('theme', themes);
export const zones = ['local', 'utc'] as const;
export const zone = preference('zone', zones);
/** Whether single letters are commands. */
export const letterKeys = preference('letter-keys', ['on', 'off']);

/** Makes the page follow the chosen theme. */
export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
  });
}

/** Light, dark, system, light … */
export function turnTheme(): void {
  const at = themes.indexOf(theme.value);
  theme.value = themes[(at + 1) % themes.length] ?? 'system';
}
