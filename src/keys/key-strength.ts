import { isGeneratedKey, isMistypedKey } from './key-format.ts';

/** What nobody can guess; a UUID of version 4 has 122. */
const bitsMin = 120;
/** Of the hexadecimal digits even 32 random ones show 8, but for once in thirty million. */
const differentCharactersMin = 8;

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const uuid4Bits = 122;
/** Long enough not to come up in a random key. */
const words = /secret|password|change-?me|example|raceway|your[-_.]/i;

/** Sets of characters that keys are drawn from, the narrowest first. */
const alphabets: readonly (readonly [pattern: RegExp, size: number])[] = [
  [/^\d+$/, 10],
  [/^(?:[\da-f]+|[\dA-F]+)$/, 16],
  [/^(?:[a-z]+|[A-Z]+)$/, 26],
  [/^(?:[\da-z]+|[\dA-Z]+)$/, 36],
  [/^[\dA-Za-z]+$/, 62],
];
const anySize = 64;

/**
 * Why a key may be guessed, as the rest of a sentence about it; null when there is no sign of that.
 * The reason never repeats a part of the key.
 */
export function keyWeakness(key: string): string | null {
  if (isGeneratedKey(key)) return null;
  if (isMistypedKey(key)) {
    return 'looks like a mistyped key of `raceway keygen`: its checksum does not fit';
  }
  if (words.test(key)) return 'is made of words, as in a sample; it can be guessed';
  if (repeats(key)) return 'repeats itself; it can be guessed';
  const bits = uuid4.test(key) ? uuid4Bits : Math.floor(key.length * Math.log2(alphabetSize(key)));
  if (bits >= bitsMin) return null;
  return `has at most ${bits} random bits, fewer than ${bitsMin}; \`raceway keygen\` makes a good key`;
}

/** The padding of base64 is no choice among characters. */
function alphabetSize(key: string): number {
  const plain = key.replace(/=+$/, '');
  return alphabets.find(([pattern]) => pattern.test(plain))?.[1] ?? anySize;
}

function repeats(key: string): boolean {
  if (new Set(key).size < differentCharactersMin) return true;
  if (`${key}${key}`.indexOf(key, 1) < key.length) return true;
  let steps = 0;
  for (let index = 1; index < key.length; index += 1) {
    if (Math.abs(key.charCodeAt(index) - key.charCodeAt(index - 1)) <= 1) steps += 1;
  }
  // As in abcdefgh or 11112222; of random digits one pair in five is such a step.
  return steps > key.length / 2;
}
