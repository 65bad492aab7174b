import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/repository.ts';

/** One line of a Dockerfile, continuations joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** What stands between one FROM and the next. */
export interface Stage {
  readonly image: string;
  /** Its name behind AS; null when it has none. */
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

/** The stages of our Dockerfile. */
export function readStages(): Stage[] {
  const text = readFileSync(join(repositoryRoot, 'Dockerfile'), 'utf8');
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { image: string; name: string | null; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [image = '', , stage = null] = rest.split(/\s+/);
      stages.push({ image, name: stage, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name, text: rest.replace(/\s+/g, ' ').trim() });
    }
  }
  return stages;
}

/** The arguments of every instruction of a name. */
export function textsOf(stage: Stage, name: string): string[] {
  return stage.instructions.filter((line) => line.name === name).map(({ text }) => text);
}

/** One COPY: from another stage, or with null from the build context. */
export interface Copy {
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly target: string;
}

export function copiesOf(stage: Stage): Copy[] {
  return textsOf(stage, 'COPY').map((text) => {
    const [, from = null, paths = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
    const words = paths.split(' ');
    return { from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
  });
}

/** Whether a path enters the build context: the last pattern of .dockerignore that fits it counts. */
export function entersContext(path: string): boolean {
  const patterns = readFileSync(join(repositoryRoot, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const parts = path.split('/');
  // A pattern that fits a folder fits everything in it.
  const prefixes = parts.map((_, at) => parts.slice(0, at + 1).join('/'));
  let enters = true;
  for (const pattern of patterns) {
    const isException = pattern.startsWith('!');
    const fits = expression(isException ? pattern.slice(1) : pattern);
    if (prefixes.some((prefix) => fits.test(prefix))) enters = isException;
  }
  return enters;
}

function expression(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '(?:.*/)?');
  return new RegExp(`^${source}$`);
}
