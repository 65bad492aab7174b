import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What a generated key begins with, so that scanners for leaked secrets can look for it. */
export const keyPrefix = 'rwk_';

/** 178 random bits, in letters and digits that a double click marks as one word. */
const randomCharacters = 30;
/** The characters of a CRC-32 in base 62. */
const checksumCharacters = 6;
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const shape = new RegExp(
  `^${keyPrefix}([0-9A-Za-z]{${randomCharacters}})([0-9A-Za-z]{${checksumCharacters}})$`,
);

/** A new key: prefix, random characters, checksum. */
export function generateKey(): string {
  const random = Array.from({ length: randomCharacters }, () =>
    alphabet.charAt(randomInt(alphabet.length)),
  ).join('');
  return keyPrefix + random + checksum(random);
}

/** Whether a text is a whole generated key, by its checksum. */
export function isGeneratedKey(text: string): boolean {
  const [, random, sum] = shape.exec(text) ?? [];
  return random !== undefined && checksum(random) === sum;
}

/** Whether a text was meant to be a generated key and got damaged on its way. */
export function isMistypedKey(text: string): boolean {
  return text.toLowerCase().startsWith(keyPrefix) && !isGeneratedKey(text);
}

function checksum(random: string): string {
  let rest = crc32(random);
  let text = '';
  for (let place = 0; place < checksumCharacters; place += 1) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}
