/**
 * Puts the parser of PostgreSQL into the program that was built, with its licence: the one package that
 * comes as WebAssembly, and half of whose installation are types that nothing runs.
 */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const manifest = createRequire(import.meta.url).resolve('libpg-query/package.json');
const source = dirname(manifest);
const target = fileURLToPath(new URL('../dist/libpg-query/', import.meta.url));
mkdirSync(target, { recursive: true });

const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8'));
// The program is made of modules, this package is not.
const own = { name, version, license, type: 'commonjs' };
writeFileSync(join(target, 'package.json'), `${JSON.stringify(own)}\n`);
copyFileSync(join(source, 'LICENSE'), join(target, 'LICENSE'));
for (const file of ['libpg-query.js', 'libpg-query.wasm']) {
  copyFileSync(join(source, 'wasm', file), join(target, file));
}
rewrite(join(source, 'wasm/index.cjs'), join(target, 'index.cjs'), 'require("@pgsql/types")', '{}');

/** Writes a file with one text in the place of another that it must have exactly once. */
function rewrite(from, to, text, other) {
  const parts = readFileSync(from, 'utf8').split(text);
  assert.equal(parts.length, 2, `${from} has ${text} once`);
  writeFileSync(to, parts.join(other));
}
