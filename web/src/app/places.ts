import type { IconName } from '../ui/icon.tsx';

/** A page of the bar: where it is, and the letter after `g` that goes there. */
export interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  readonly letter: string;
}

/** As many as a narrow page has room for; the others stand behind a button. */
export const narrowPlaces = 4;

export const places: readonly Place[] = [
  { path: '', name: 'Overview', icon: 'overview', letter: 'o' },
  { path: 'races', name: 'Races', icon: 'races', letter: 'r' },
  { path: 'traces', name: 'Traces', icon: 'traces', letter: 't' },
  { path: 'live', name: 'Live', icon: 'live', letter: 'i' },
  { path: 'map', name: 'Service map', icon: 'map', letter: 'm' },
  { path: 'variables', name: 'Variables', icon: 'variables', letter: 'v' },
  { path: 'latency', name: 'Latency', icon: 'latency', letter: 'l' },
  { path: 'compare', name: 'Compare', icon: 'compare', letter: 'c' },
  { path: 'settings', name: 'Settings', icon: 'settings', letter: 's' },
];
