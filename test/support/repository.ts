import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

/** A file of the repository: its path from the root, with slashes, and its text. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file below some folders. */
export function sourceFiles(...folders: readonly string[]): RepositoryFile[] {
  return filesBelow(folders, (name) => name.endsWith('.ts'));
}

/** Every file below some folders whose name is wanted. */
export function filesBelow(
  folders: readonly string[],
  isWanted: (name: string) => boolean,
): RepositoryFile[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
        .filter(isWanted)
        .map((name) => join(folder, name)),
    )
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), 'utf8') }));
}

/** Every Markdown page that people read: those beside package.json and those below docs, deploy, bench and examples. */
export function documents(): RepositoryFile[] {
  const folders = ['docs', 'deploy', 'bench', 'examples'].filter((name) =>
    existsSync(join(repositoryRoot, name)),
  );
  const top = readdirSync(repositoryRoot)
    .filter((name) => name.endsWith('.md'))
    .map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), 'utf8') }));
  return [...top, ...filesBelow(folders, (name) => name.endsWith('.md'))];
}

/** What a TypeScript file imports, as it is written. */
export function importsOf(text: string): string[] {
  const imports = text.matchAll(/(?:^(?:import|export)\s[^;']*?from |\bimport\()'([^']+)'/gm);
  return [...imports].map(([, specifier = '']) => specifier);
}

/** The code without its comments and the insides of its strings. */
export function codeOnly({ path, text }: RepositoryFile): RepositoryFile {
  const strings = /'(?:[^'\\\n]|\\.)*'/g;
  const comments = /\/\*[\s\S]*?\*\/|\/\/.*/g;
  const blank = (part: string) => part.replace(/[^\n]/g, ' ');
  return { path, text: text.replace(strings, blank).replace(comments, blank) };
}
