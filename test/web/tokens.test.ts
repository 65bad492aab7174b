/** Colours of both themes: what is read, and what is told apart. Axe looks at neither canvas nor pictures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hueCount } from '../../web/src/model/hue.ts';

const css = readFileSync(new URL('../../web/src/style/tokens.css', import.meta.url), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\);/g)].map(
    ([, name = '', light = '', dark = '']) => [name, [light, dark]] as const,
  ),
);

/** The relative luminance of WCAG 2.2. */
function luminance(colour: string): number {
  const digits = colour.slice(1);
  const whole = digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(whole.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** What of these has less contrast on its ground than is needed, in either theme. */
function faults(names: readonly string[], grounds: readonly string[], least: number): string[] {
  return names.flatMap((name) =>
    grounds.flatMap((ground) =>
      ['light', 'dark'].flatMap((theme, at) => {
        const [of = '', on = ''] = [tokens.get(name)?.[at], tokens.get(ground)?.[at]];
        const found = contrast(of, on);
        return found >= least ? [] : [`${name} on ${ground}, ${theme}: ${found.toFixed(2)}`];
      }),
    ),
  );
}

test('what is read has a contrast of 4.5 on what it stands on, in both themes', () => {
  const grounds = ['bg', 'panel', 'sunk'];
  const words = ['text', 'muted', 'faint', 'accent', 'crit', 'warn', 'ok', 'a', 'b', 'lost'];
  assert.deepEqual(faults(words, grounds, 4.5), []);
  const own = ['a', 'b', 'crit', 'warn', 'accent'].flatMap((name) =>
    faults([name, 'text'], [`${name}-bg`], 4.5),
  );
  assert.deepEqual(own, []);
  assert.deepEqual(faults(['on-accent'], ['accent'], 4.5), []);
});

test('shapes have a contrast of 3, and no two services one colour', () => {
  const hues = Array.from({ length: hueCount }, (_, hue) => `s${hue}`);
  assert.deepEqual(faults([...hues, 'lock', 'path'], ['panel', 'sunk'], 3), []);
  for (const at of [0, 1]) {
    assert.equal(new Set(hues.map((name) => tokens.get(name)?.[at])).size, hueCount);
  }
});
