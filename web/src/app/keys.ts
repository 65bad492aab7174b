import { useLayoutEffect } from 'preact/hooks';
import { letterKeys } from './preferences.ts';

/** What keys do on a page: `j`, `Enter`, or `g r` for one after the other. */
export type KeyMap = Readonly<Record<string, () => void>>;

/** Maps in use, the innermost last. */
const maps: KeyMap[] = [];
/** How long the first key of a pair waits for the second. */
const pairMs = 1000;

/** Keys that work while a component is shown. */
export function useKeys(map: KeyMap): void {
  useLayoutEffect(() => {
    maps.push(map);
    return () => {
      maps.splice(maps.lastIndexOf(map), 1);
    };
  });
}

/** Listens to the keyboard. Letters are left to fields, and to who has switched them off. */
export function watchKeys(): void {
  let first = '';
  let firstAt = 0;
  document.addEventListener('keydown', (event) => {
    const { key, timeStamp } = event;
    if (event.defaultPrevented || event.altKey) return;
    const hasCommand = event.metaKey || event.ctrlKey;
    const name = hasCommand ? `Mod ${key.toLowerCase()}` : key;
    if (!hasCommand && key.length === 1 && (isField(event.target) || letterKeys.value === 'off')) {
      return;
    }
    if (isLeftTo(event.target, key)) return;
    const pair = timeStamp - firstAt < pairMs ? `${first} ${name}` : '';
    first = name;
    firstAt = timeStamp;
    const run = actionOf(pair) ?? actionOf(name);
    if (run === undefined) return;
    event.preventDefault();
    run();
  });
}

function actionOf(name: string): (() => void) | undefined {
  return maps.findLast((map) => Object.hasOwn(map, name))?.[name];
}

/** Whether what has the focus needs a key itself. */
function isLeftTo(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (/^Arrow|^Home$|^End$/.test(key)) return target.matches('input, textarea, select');
  if (key !== 'Enter' && key !== ' ') return false;
  return target.matches('a, button, summary, input, textarea, select');
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches(
    'input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable]',
  );
}
