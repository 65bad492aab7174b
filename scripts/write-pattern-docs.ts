/** Fills in what the pages of patterns show of traffic and advice; a test holds them equal to it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { patternPage, patternPages } from './pattern-docs/page.ts';

for (const { pattern, path } of patternPages) {
  const url = new URL(`../${path}`, import.meta.url);
  writeFileSync(url, await patternPage(pattern, readFileSync(url, 'utf8')));
}
