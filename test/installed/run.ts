/**
 * Runs the tests of this folder, which need servers that are installed beside Node: `npm run
 * test:installed`. Arguments choose files by a part of their name.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installMissing } from './programs.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);

installMissing(process.env);
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.test.ts')) continue;
  if (wanted.length === 0 || wanted.some((part) => file.includes(part))) await import(`./${file}`);
}
