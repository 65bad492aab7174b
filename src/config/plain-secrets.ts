import { keys } from './schema.ts';
import { type Tree, valueAt } from './toml.ts';

/** A placeholder stands for the whole of the secret. */
const placeholder = /^\$\{\w+\}$/;
const passwordOfUrl = /^[a-z]+:\/\/[^:@/]*:([^@]+)@/i;

/** Names of the keys whose secret itself is written in a TOML file, before variables are filled in. */
export function plainSecrets(written: Tree): string[] {
  return keys
    .filter(({ secret, path }) => secret && textsOf(valueAt(written, path)).some(isPlain))
    .map(({ name }) => name);
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string');
}

function isPlain(text: string): boolean {
  if (!text.includes('://')) return !placeholder.test(text);
  const password = passwordOfUrl.exec(text)?.[1];
  return password !== undefined && !placeholder.test(password);
}
