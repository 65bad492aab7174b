/** The rooms of the web UI, and what each takes from the others. */
import assert from 'node:assert/strict';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { codeOnly, filesBelow, importsOf } from '../support/repository.ts';

const files = filesBelow(['web/src'], (name) => /\.tsx?$/.test(name));
/** What each room takes from others. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  model: ['api/types'],
  api: ['model'],
  draw: ['model'],
  ui: ['api', 'app', 'draw', 'model'],
  app: ['api', 'model', 'ui', 'view'],
  view: ['api', 'app', 'draw', 'model', 'ui'],
};

test('each room of the web UI takes from those that it may, and only types from the server', () => {
  const faults: string[] = [];
  for (const { path, text } of files) {
    const [room = ''] = path.replace('web/src/', '').split('/');
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith('.') || allowed[room] === undefined) continue;
      const target = normalize(join(dirname(path), specifier));
      const isServer = target.startsWith('src/');
      const isType = text.includes(`import type`) && typeImports(text).includes(specifier);
      if (isServer && !(isType && path === 'web/src/api/types.ts'))
        faults.push(`${path}: ${target}`);
      const inside = target.replace('web/src/', '');
      const isOwn = inside.startsWith(`${room}/`);
      const isKnown = allowed[room]?.some((name) => inside.startsWith(name)) === true;
      if (!isServer && !isOwn && !isKnown) faults.push(`${path}: ${target}`);
    }
  }
  assert.deepEqual(faults, []);
});

function typeImports(text: string): string[] {
  return [...text.matchAll(/^import type [^;]*? from '([^']+)'/gm)].map(([, name = '']) => name);
}

test('the model needs no document, no clock and no chance', () => {
  const pure = files.filter(({ path }) => /^web\/src\/model\//.test(path)).map(codeOnly);
  const impure =
    /\bdocument\b|\bwindow\b|\blocalStorage\b|\bfetch\(|\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)/;
  assert.deepEqual(
    pure.filter(({ text }) => impure.test(text)).map(({ path }) => path),
    [],
  );
});

test('no markup is made from text', () => {
  const sinks =
    /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function|srcdoc/;
  assert.deepEqual(
    files.filter(({ text }) => sinks.test(text)).map(({ path }) => path),
    [],
  );
});
