/**
 * Characters that do something to a terminal, a log or the reading order instead of being seen:
 * controls, line separators, marks of direction, invisible ones, and halves of surrogate pairs.
 */
const active =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g;

/**
 * A text of a trace as one line that does nothing but being read: whoever writes traces must not
 * drive the terminal of who reads them. What is longer is cut, with a sign that it was.
 */
export function plainText(text: string, charactersMax = 200): string {
  // Cut first, so that a huge text costs no more than a long one.
  const cut = text.length > 4 * charactersMax ? text.slice(0, 4 * charactersMax) : text;
  const characters = [...cut.replace(active, escaped)];
  const isWhole = characters.length <= charactersMax && cut === text;
  return isWhole ? characters.join('') : `${characters.slice(0, charactersMax - 1).join('')}…`;
}

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
}
