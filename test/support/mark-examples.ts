import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repository.ts';

/** The page on marks that programs make by hand. */
export const marksPage = readFileSync(join(repositoryRoot, 'docs/marks.md'), 'utf8');

/** Its examples of a read and a write, one for each language. */
export const markExamples: readonly { readonly language: string; readonly code: string }[] = [
  ...marksPage.matchAll(/^### (\S+)\n\n```\w+\n([\s\S]*?)^```$/gm),
].map(([, language = '', code = '']) => ({ language, code }));
