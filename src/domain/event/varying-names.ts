const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** A word of a name: what stands between punctuation. */
const WORD = /[\p{L}\p{N}]+/gu;
const DIGITS = /\d/g;
/** What varies has digits or is long: such names, the most by far, stay as they are. */
const UNVARYING = /^[^\d]{0,25}$/;

/** A name without what differs from call to call: `order-17` becomes `order-*`; `lookup2` is a name. */
export function patternOfName(name: string): string {
  if (UNVARYING.test(name)) return name;
  return name.replace(UUID, '*').replace(WORD, patternOfWord);
}

/** `17`, `A17`, hex, ULIDs and other ids become `*`, `user42` becomes `user*`; all else stays. */
function patternOfWord(word: string): string {
  const digits = word.match(DIGITS)?.length ?? 0;
  if (digits === word.length) return '*';
  if (isVersion(word)) return word;
  if (isLongId(word, digits)) return '*';
  if (/^(?:\p{Lu}\d+|\p{L}\d{2,})$/u.test(word)) return '*';
  return word.replace(/^(\p{L}+)\d{2,}$/u, '$1*');
}

function isVersion(word: string): boolean {
  return /^v\d{1,3}$/i.test(word);
}

/** Longer than any word that people make up. */
const WORD_CHARACTERS = 40;

/**
 * Whether a word is an id by its length and the number of its digits: people's words with digits are
 * short, have one or two of them, and these at the end (`sha256`, `i18n`, `oauth2`).
 */
function isLongId(word: string, digits: number): boolean {
  if (word.length > WORD_CHARACTERS) return true;
  if (/^[0-7][0-9a-hjkmnp-tv-z]{25}$/i.test(word)) return true;
  if (digits < 2) return false;
  if (/^\p{L}+\d+$/u.test(word)) return /^[0-9a-f]{12,}$/i.test(word);
  if (/^[0-9a-f]{7,}$/i.test(word)) return true;
  if (word.length >= 20) return true;
  return word.length >= 8 && digits / word.length > 1 / 6;
}
