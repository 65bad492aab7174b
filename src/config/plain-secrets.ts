import { keys } from './schema.ts';
import { isTree, type Tree, valueAt } from './toml.ts';

/** A placeholder stands for the whole of the secret. */
const placeholder = /^\$\{\w+\}$/;
const passwordOfUrl = /^[a-z]+:\/\/[^:@/]*:([^@]+)@/i;

/** Names of the keys whose secret itself is written in a TOML file, before variables are filled in. */
export function plainSecrets(written: Tree): string[] {
  return keys
    .filter(({ secret, path }) => secret && holdsPlain(valueAt(written, path)))
    .map(({ name }) => name);
}

function holdsPlain(value: unknown): boolean {
  const entries = [value].flat().filter(isTree);
  return textsOf(value).some(isPlain) || entries.some(holdsPlainMember);
}

/** Of a receiver of alerts; the address of a chat is a secret too: whoever knows it writes there. */
function holdsPlainMember({ type, secret, token, url }: Tree): boolean {
  const isChat = type === 'slack' || type === 'mattermost';
  const texts = [...textsOf(secret), ...textsOf(token)];
  return texts.some(isPlain) || (isChat && textsOf(url).some((text) => !text.includes('${')));
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === 'string');
}

function isPlain(text: string): boolean {
  if (!text.includes('://')) return !placeholder.test(text);
  const password = passwordOfUrl.exec(text)?.[1];
  return password !== undefined && !placeholder.test(password);
}
